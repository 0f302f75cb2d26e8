using System.Text.RegularExpressions;

namespace Blip.Tests;

/// <summary>Which rooms of a project, its top folders, name types of which others, where one namespace spans them all.</summary>
internal static partial class RoomTies
{
    private const string Root = "(root)";

    /// <summary>The rooms that hold sources.</summary>
    public static IEnumerable<string> RoomsOf(string project) => Sources(project).Select(Room).Distinct();

    /// <summary>Every name of a type that stands in a file of another room; a name that several rooms declare tells none.</summary>
    public static IReadOnlyList<(string Room, string Other, string Place)> Of(string project)
    {
        var files = Sources(project)
            .Select(file => (Path: file, Room: Room(file), Code: NoCode().Replace(Repository.Read(file), "")))
            .ToList();
        var homes = files
            .SelectMany(file => Declaration().Matches(file.Code).Select(type => (type.Groups[1].Value, file.Room)))
            .Distinct()
            .GroupBy(type => type.Value)
            .Where(type => type.Count() == 1)
            .ToDictionary(type => type.Key, type => type.First().Room);
        return
        [
            .. from file in files
               let members = Member().Matches(file.Code).Select(member => member.Groups[1].Value).ToHashSet()
               from name in Name().Matches(file.Code).Select(name => name.Groups[1].Value).Distinct()
               where !members.Contains(name) && homes.ContainsKey(name) && homes[name] != file.Room
               select (file.Room, homes[name], $"{file.Path}: {name}"),
        ];
    }

    private static IEnumerable<string> Sources(string project) => Repository.Files.Where(file =>
        file.StartsWith($"{project}/", StringComparison.Ordinal) && file.EndsWith(".cs", StringComparison.Ordinal));

    private static string Room(string file) => file.Split('/') is { Length: > 2 } parts ? parts[1] : Root;

    // Comments, strings, and the lines that name namespaces.
    [GeneratedRegex(@"//[^\n]*|""(?:\\.|[^""\\\n])*""|^(?:using|namespace)\b[^\n]*", RegexOptions.Multiline)]
    private static partial Regex NoCode();

    // A type of a namespace begins its line.
    [GeneratedRegex(@"^(?:[a-z]+ )*(?:class|struct|interface|enum|record) (\w+)", RegexOptions.Multiline)]
    private static partial Regex Declaration();

    // A method or a constant may have the name of a type elsewhere.
    [GeneratedRegex(@"\b(?:static|const) (?!abstract|readonly|partial|unsafe)\S+ (\w+)")]
    private static partial Regex Member();

    [GeneratedRegex(@"(?<![\w.])(?:(?:Blip|Kernels|Devices|Ptx)\.)*([A-Z]\w*)")]
    private static partial Regex Name();
}
