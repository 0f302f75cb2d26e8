using System.Globalization;
using System.Text;

namespace Blip.Runtime.Checkpoints;

/// <summary>Prints a <see cref="ModuleNode"/> as PyTorch's tools do.</summary>
internal static class ModulePrinter
{
    private const int TableIndent = 5;
    private const int NarrowestName = 40;
    private const int NumberWidth = 25;

    /// <summary>The form of PyTorch's <c>print(model)</c>: equal neighbours of a list are written once.</summary>
    public static string Tree(ModuleNode module)
    {
        if (module.Children.Count == 0)
            return $"{module.ClassName}({module.Details})";
        var text = new StringBuilder(module.ClassName).Append("(\n");
        foreach (var (name, count, body) in module.ClassName == "ModuleList"
            ? Runs(module.Children)
            : module.Children.Select(child => (child.Name, 1, Tree(child))))
            text.Append("  (").Append(name).Append("): ").Append(count > 1 ? $"{count} x " : "").Append(body.Replace("\n", "\n  "))
                .Append('\n');
        return text.Append(')').ToString();
    }

    /// <summary>
    /// The form of torchinfo's <c>summary(model)</c> to a depth below the root. The last row of a branch counts all below it.
    /// </summary>
    public static string ParameterTable(ModuleNode root, int depth = 3)
    {
        var rows = new List<(int Depth, string Title, string Count)>();
        CollectRows(root, 0, depth, new Dictionary<int, int>(), rows);
        var nameWidth = rows.Max(row => row.Depth * TableIndent + 1 + row.Title.Length);
        nameWidth = nameWidth < NarrowestName ? NarrowestName : (nameWidth + TableIndent - 1) / TableIndent * TableIndent;
        var line = new string('=', nameWidth + NumberWidth) + "\n";
        var text = new StringBuilder(line).Append(Row("Layer (type:depth-idx)", "Param #")).Append(line);
        foreach (var row in rows.Where(row => row.Depth <= depth))
            text.Append(Row(Branch(row.Depth) + row.Title, row.Count));
        text.Append(line).Append(CultureInfo.InvariantCulture, $"Total params: {root.TotalParameters:N0}\n").Append(line);
        return text.ToString();

        string Row(string title, string count) => $"{title.PadRight(nameWidth)} {count}\n";

        static string Branch(int depth) => depth switch
        {
            0 => "",
            1 => "├─",
            _ => string.Concat(Enumerable.Repeat("│    ", depth - 1)) + "└─",
        };
    }

    private static void CollectRows(
        ModuleNode module, int depth, int lastDepth, Dictionary<int, int> indices, List<(int Depth, string Title, string Count)> rows)
    {
        var index = indices[depth] = indices.GetValueOrDefault(depth) + 1;
        var parameters = depth == lastDepth ? module.TotalParameters : module.OwnParameters;
        var title = depth == 0 ? module.ClassName : string.Create(CultureInfo.InvariantCulture, $"{module.ClassName}: {depth}-{index}");
        rows.Add((depth, title, parameters == 0 ? "--" : parameters.ToString("N0", CultureInfo.InvariantCulture)));
        foreach (var child in module.Children)
            CollectRows(child, depth + 1, lastDepth, indices, rows);
    }

    private static IEnumerable<(string Name, int Count, string Body)> Runs(IReadOnlyList<ModuleNode> items)
    {
        var bodies = items.Select(Tree).ToList();
        for (var first = 0; first < items.Count;)
        {
            var last = first;
            while (last + 1 < items.Count && bodies[last + 1] == bodies[first])
                last++;
            yield return (first == last ? items[first].Name : $"{items[first].Name}-{items[last].Name}", last - first + 1, bodies[first]);
            first = last + 1;
        }
    }
}
