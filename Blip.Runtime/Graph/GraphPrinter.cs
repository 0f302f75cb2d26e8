using System.Globalization;
using System.Text;

namespace Blip.Runtime.Graph;

internal static class GraphPrinter
{
    /// <summary>A table of nodes: name, operator, attributes, output shape, inputs; constants first.</summary>
    public static string ToText(ComputeGraph graph)
    {
        var rows = graph.AllNodes.Select(node => new[]
        {
            (graph.Constants.Contains(node) ? "once  " : "") + node.Name, node.Operator, node.Attributes,
            string.Join(" ", node.Outputs.Select(value => value.Shape)), string.Join(", ", node.Inputs.Select(value => value.Name)),
        }).Prepend(["node", "operator", "attributes", "output", "inputs"]).ToList();
        var widths = Enumerable.Range(0, 4).Select(column => rows.Max(row => row[column].Length)).ToArray();

        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"graph {graph.Name}: {graph.Nodes.Count} nodes, {graph.Constants.Count} constants");
        text.AppendLine($"  in:  {string.Join(", ", graph.Inputs)}");
        text.AppendLine($"  out: {string.Join(", ", graph.Outputs.Select(output => $"{output.Key} {output.Value.Shape}"))}");
        foreach (var row in rows)
            text.AppendLine("  " + string.Join("  ", row.Select((cell, column) => column < 4 ? cell.PadRight(widths[column]) : cell))
                .TrimEnd());
        return text.ToString();
    }

    /// <summary>A Mermaid flow chart.</summary>
    public static string ToMermaid(ComputeGraph graph)
    {
        var text = new StringBuilder("flowchart TD\n");
        var maker = new Dictionary<Value, string>();
        foreach (var input in graph.Inputs)
        {
            maker[input] = $"v{input.Id}";
            text.AppendLine(CultureInfo.InvariantCulture, $"    v{input.Id}([\"{input.Name} {input.Shape}\"])");
        }
        var number = 0;
        foreach (var node in graph.AllNodes)
        {
            var id = $"n{number++}";
            text.AppendLine(CultureInfo.InvariantCulture, $"    {id}[\"{node.Operator}<br/>{node.Name}\"]");
            foreach (var input in node.Inputs.Where(maker.ContainsKey))
                text.AppendLine(CultureInfo.InvariantCulture, $"    {maker[input]} -->|\"{input.Shape}\"| {id}");
            foreach (var changed in node.Writes.Concat(node.Outputs))
                maker[changed] = id;
        }
        foreach (var (name, value) in graph.Outputs)
            text.AppendLine(CultureInfo.InvariantCulture, $"    {maker[value]} --> o{value.Id}([\"{name}\"])");
        return text.ToString();
    }
}
