using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Blip.Tests;

/// <summary>The rules of docs/architecture.md that the compiler does not check.</summary>
public partial class HouseTests
{
    private const long MaxTrackedBytes = 30_000_000;
    private const int MaxLines = 450;

    // Project -> the projects that it may refer to.
    private static readonly Dictionary<string, string[]> Projects = new()
    {
        ["Blip.Kernels"] = [],
        ["Blip.Runtime"] = ["Blip.Kernels"],
        ["Blip.Emulation"] = [],
        ["Blip.Evaluation"] = ["Blip.Runtime"],
        ["Blip.Extensions.AI"] = ["Blip.Runtime"],
        ["Blip.Verification"] = ["Blip.Runtime"],
        ["Blip.Datasets"] = ["Blip.Runtime", "Blip.Evaluation"],
        ["Blip.Bootstrapping"] = ["Blip.Runtime", "Blip.Datasets"],
        ["Blip.Training"] = ["Blip.Runtime", "Blip.Evaluation", "Blip.Datasets"],
        ["Blip.Server"] = ["Blip.Runtime", "Blip.Extensions.AI"],
        ["Blip.Cli"] = ["Blip.Runtime", "Blip.Evaluation", "Blip.Datasets", "Blip.Bootstrapping", "Blip.Training", "Blip.Server"],
        ["Blip.Bench"] = ["Blip.Runtime", "Blip.Verification", "Blip.Datasets", "Blip.Bootstrapping", "Blip.Training", "Blip.Cli"],
        ["Blip.Tests"] =
        [
            "Blip.Runtime", "Blip.Verification", "Blip.Evaluation", "Blip.Extensions.AI", "Blip.Datasets", "Blip.Bootstrapping",
                "Blip.Training",
            "Blip.Server", "Blip.Cli", "Blip.Bench", "Blip.Emulation",
        ],
    };

    // Room of Blip.Runtime -> the rooms that its files may name.
    private static readonly Dictionary<string, string[]> Rooms = new()
    {
        ["Files"] = [],
        ["Checkpoints"] = ["Files"],
        ["Hub"] = ["Files", "Checkpoints"],
        ["Imaging"] = ["Files"],
        ["Tokenization"] = ["Files"],
        ["Graph"] = ["Checkpoints"],
        ["Models"] = ["Checkpoints", "Graph"],
        ["Generation"] = ["Checkpoints", "Graph", "Models", "Tokenization"],
        ["Retrieval"] = ["Files", "Checkpoints"],
        ["Pipelines"] = ["Files", "Checkpoints", "Imaging", "Tokenization", "Graph", "Models", "Generation", "Retrieval"],
        ["Tracing"] = ["Checkpoints", "Imaging", "Tokenization", "Graph", "Models", "Generation", "Pipelines"],
    };

    // Room of Blip.Kernels -> the rooms that its files may name, all of which stand before it.
    private static readonly OrderedDictionary<string, string[]> KernelRooms = new()
    {
        ["Formats"] = [],
        ["Common"] = [],
        ["Maths"] = [],
        ["Lanes"] = ["Formats"],
        ["Ptx"] = ["Formats", "Common", "Lanes"],
        ["MachineCode"] = [],
        ["Devices"] = ["Common", "Ptx", "MachineCode"],
        ["Simd"] = ["Formats", "Maths", "Devices"],
        ["Weights"] = ["Formats", "Common", "Maths", "Lanes", "Ptx", "Devices"],
        ["Elementwise"] = ["Common", "Maths", "Devices", "Simd"],
        ["Activations"] = ["Common", "Maths", "Devices", "Simd", "Elementwise"],
        ["Normalization"] = ["Formats", "Common", "Maths", "Ptx", "Devices", "Simd", "Weights"],
        ["Gemm"] =
        [
            "Formats", "Common", "Maths", "Lanes", "Ptx", "MachineCode", "Devices", "Simd", "Weights", "Elementwise", "Activations",
                "Normalization",
        ],
        ["Attention"] = ["Formats", "Common", "Maths", "Lanes", "Ptx", "Devices", "Simd", "Weights", "Elementwise", "Gemm"],
        ["PatchEmbedding"] = ["Formats", "Common", "Maths", "Ptx", "Devices", "Simd", "Weights"],
        ["Embedding"] = ["Common", "Maths", "Devices", "Simd", "Weights"],
        ["Resampling"] = ["Common", "Devices"],
        ["Sampling"] = ["Common", "Maths", "Devices", "Simd"],
        ["Search"] = ["Common", "Maths", "Devices", "Simd"],
        ["Losses"] = ["Common", "Maths", "Devices", "Simd", "Attention"],
        ["Optimization"] = ["Formats", "Common", "Maths", "Devices", "Simd", "Weights", "Elementwise"],
    };

    public static TheoryData<string> ProjectNames => [.. Projects.Keys];

    public static TheoryData<string> RoomNames => [.. Rooms.Keys];

    [Theory]
    [MemberData(nameof(ProjectNames))]
    public void Projects_refer_to_others_in_one_direction(string project)
    {
        var references = XDocument.Load(Repository.Absolute($"{project}/{project}.csproj"))
            .Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value));

        AssertNone(references.Except(Projects[project]));
    }

    [Theory]
    [MemberData(nameof(RoomNames))]
    public void Rooms_of_the_runtime_name_only_the_rooms_below_them(string room)
    {
        var above = string.Join('|', Rooms.Keys.Except(Rooms[room]).Where(other => other != room).Append("Cli"));
        var pattern = new Regex($@"\bBlip\.(?:Runtime\.)?(?:{above})\b|(?<![\w.])(?:Runtime\.)?(?:{above})\.[A-Z]");

        AssertNone(CodeMatches($"Blip.Runtime/{room}/", pattern));
    }

    [Fact]
    public void Every_folder_of_the_runtime_is_a_room_with_a_rule()
    {
        var folders = Repository.Sources("Blip.Runtime/").Select(file => file.Split('/'))
            .Where(parts => parts.Length > 2).Select(parts => parts[1])
            .Distinct();

        AssertNone(folders.Except(Rooms.Keys));
    }

    [Fact]
    public void Rooms_of_the_kernels_name_only_the_rooms_of_their_rule()
    {
        var ties = RoomTies.Of("Blip.Kernels");

        AssertNone(ties.Where(tie => !KernelRooms[tie.Room].Contains(tie.Other)).Select(tie => $"{tie.Place} of {tie.Other}"));
        // A rule that nothing needs allows what nobody decided.
        AssertNone(
            from rule in KernelRooms
            from other in rule.Value.Except(ties.Where(tie => tie.Room == rule.Key).Select(tie => tie.Other))
            select $"{rule.Key}: {other}");
    }

    [Fact]
    public void Every_room_of_the_kernels_has_a_rule_and_names_none_that_comes_later()
    {
        Assert.Equal(KernelRooms.Keys.Order(), RoomTies.RoomsOf("Blip.Kernels").Order());
        AssertNone(
            from room in KernelRooms.Keys
            from other in KernelRooms[room].Except(KernelRooms.Keys.TakeWhile(before => before != room))
            select $"{room}: {other}");
    }

    [Fact]
    public void Kernels_know_no_model()
    {
        var pattern = new Regex(@"\bBlip\.(Runtime|Cli|Bench|Verification)\b");

        AssertNone(CodeMatches("Blip.Kernels/", pattern));
    }

    [Fact]
    public void No_shipped_assembly_holds_references()
    {
        var references =
            from assembly in new[]
            {
                typeof(Blip.Kernels.Gemm).Assembly, typeof(Blip.Runtime.Pipelines.Caption).Assembly,
                typeof(Blip.Evaluation.AnswerList).Assembly, typeof(Blip.Extensions.AI.BlipChatClient).Assembly,
                typeof(Blip.Datasets.Dataset).Assembly, typeof(Blip.Bootstrapping.Bootstrapper).Assembly,
                typeof(Blip.Training.TrainingOptions).Assembly, typeof(Blip.Server.BlipServerOptions).Assembly,
                typeof(Blip.Cli.BlipProgram).Assembly,
            }
            from type in assembly.GetTypes()
            where type.Name.EndsWith("Reference", StringComparison.Ordinal)
            select type.FullName!;

        AssertNone(references);
    }

    [Fact]
    public void Models_launch_no_kernels()
    {
        var pattern = new Regex(@"\bKernelConfig\b|\.Launch\(|\.Load<");

        AssertNone(CodeMatches("Blip.Runtime/Models/", pattern));
    }

    [Fact]
    public void The_command_line_touches_no_kernels()
    {
        var pattern = new Regex(@"\bILGPU\b|\bBlip\.Kernels\.(?!Devices\b)\w+");

        AssertNone(CodeMatches("Blip.Cli/", pattern));
    }

    [Fact]
    public void Namespaces_follow_folders()
    {
        var wrong =
            from file in Repository.Sources("")
            let declared = NamespaceDeclaration().Match(Repository.Read(file)).Groups[1].Value
            let folder = file.Contains('/') ? file[..file.LastIndexOf('/')].Replace('/', '.') : ""
            where declared.Length > 0 && folder != declared && !folder.StartsWith(declared + '.', StringComparison.Ordinal)
            select $"{file}: {declared}";

        AssertNone(wrong);
    }

    [Fact]
    public void Files_are_short_enough_to_read()
    {
        var tooLong =
            from file in Repository.Sources("")
            let lines = File.ReadLines(Repository.Absolute(file)).Count()
            where lines > MaxLines
            select $"{file}: {lines} lines";

        AssertNone(tooLong);
    }

    [Fact]
    public void Tracked_files_stay_small()
    {
        var bytes = Repository.Files.Sum(file => new FileInfo(Repository.Absolute(file)).Length);

        Assert.InRange(bytes, 1, MaxTrackedBytes - 1);
    }

    [Fact]
    public void Texts_speak_of_the_project_alone()
    {
        // Written in halves, so that this file passes its own test.
        var unfinished = string.Join('|', "TO" + "DO", "FIX" + "ME", "HA" + "CK", "NotImplemented" + "Exception");
        var pattern = new Regex($@"(?:^|[\s""'`(=:])/(?:work|root|home|tmp)/|[A-Z]:\\Users\\|\b(?:{unfinished})\b", RegexOptions.Multiline);

        AssertNone(Texts().SelectMany(file => Matches(file, pattern)));
    }

    [Fact]
    public void Links_between_documents_lead()
    {
        var broken =
            from file in Repository.Files
            where file.EndsWith(".md", StringComparison.Ordinal)
            from Match link in MarkdownLink().Matches(Repository.Read(file))
            let target = link.Groups[1].Value
            where !target.Contains("://", StringComparison.Ordinal)
            let path = Path.Combine(Path.GetDirectoryName(Repository.Absolute(file))!, target)
            where !Path.Exists(path)
            select $"{file}: {target}";

        AssertNone(broken);
    }

    private static void AssertNone(IEnumerable<string> wrong)
    {
        var list = wrong.ToList();
        Assert.True(list.Count == 0, string.Join('\n', list));
    }

    private static IEnumerable<string> Texts() =>
        Repository.Files.Where(file => !file.StartsWith("Blip.Tests/Goldens/", StringComparison.Ordinal)
            && (Path.GetExtension(file) is ".cs" or ".md" or ".csproj" or ".props" or ".targets" or ".json" or ".sh" or ".txt"
                or ".editorconfig"
                || file == ".ci/run"));

    private static IEnumerable<string> Matches(string file, Regex pattern) =>
        Repository.Read(file).Split('\n')
            .Select((text, index) => (Text: text.Trim(), Number: index + 1))
            .Where(line => pattern.IsMatch(line.Text))
            .Select(line => $"{file}:{line.Number}: {line.Text}");

    // A comment may point the reader anywhere.
    private static IEnumerable<string> CodeMatches(string folder, Regex pattern) =>
        Repository.Sources(folder).SelectMany(file => Matches(file, pattern))
            .Where(match => !match.Contains(": //", StringComparison.Ordinal));

    [GeneratedRegex(@"^namespace\s+([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex NamespaceDeclaration();

    [GeneratedRegex(@"\]\(([^)#\s]+)")]
    private static partial Regex MarkdownLink();
}
