using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;
using Blip.Runtime.Graph.Nodes;
using Blip.Runtime.Graph.Passes;
using Blip.Runtime.Models;
using CsCheck;

namespace Blip.Tests.Graph;

public class GraphTests
{
    private static readonly ModulePath Root = new("m");

    [Fact]
    public void A_linear_of_the_wrong_width_names_the_module()
    {
        var g = new GraphBuilder("test");
        var x = g.Input("x", new Shape(Dim.Of("batch"), 8));
        var name = Root / "fc";
        var error = Assert.Throws<ArgumentException>(() => g.Linear(x, name, new Matrix(["m.fc.weight"], 4, 7), null));
        Assert.Contains("m.fc takes 7 features, its input x [batch, 8] has 8", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Modules_over_one_input_are_stacked()
    {
        var g = new GraphBuilder("test");
        var qkv = g.Linear(g.Input("x", new Shape(Dim.Of("rows"), 3, 8)), [Root / "self" / "query", Root / "self" / "key"], [8, 4]);
        Assert.Equal("m.self.query+key", qkv.Name);
        Assert.Equal("[rows, 3, 12]", qkv.Shape.ToString());
    }

    [Fact]
    public void Activation_and_residual_move_into_the_linear_before_them()
    {
        var g = new GraphBuilder("test");
        var x = g.Input("x", new Shape(2, 8));
        var y = g.Activate(g.Linear(x, Root / "fc1", 8), Root / "act", Activation.Gelu);
        g.Output("y", g.Add(y, x, Root / "residual"));
        var fused = new EpilogueFusion().Apply(g.Build(), default);
        var linear = Assert.IsType<LinearNode>(Assert.Single(fused.Nodes));
        Assert.Equal((Activation.Gelu, x, fused.Output("y")), (linear.Activation, linear.Residual, linear.Output));
    }

    [Theory, InlineData(true), InlineData(false)]
    public void A_layer_norm_moves_into_the_linear_before_it_unless_the_sum_is_read_again(bool again)
    {
        var g = new GraphBuilder("test");
        var x = g.Input("x", new Shape(2, 8));
        var sum = g.Add(g.Linear(x, Root / "fc1", 8), x, Root / "residual");
        var norm = g.LayerNorm(sum, Root / "norm", 1e-5);
        g.Output("y", again ? g.Add(norm, sum, Root / "next") : norm);
        var fused = new EpilogueFusion().Apply(g.Build(), default);
        if (again)
        {
            Assert.Equal(["Linear", "LayerNorm", "Add"], fused.Nodes.Select(node => node.Operator));
            return;
        }
        var linear = Assert.IsType<LinearNode>(Assert.Single(fused.Nodes));
        Assert.Equal((x, fused.Output("y"), 1e-5f), (linear.Residual, linear.Output, linear.Norm!.Epsilon));
        Assert.Equal(["m.norm.weight", "m.norm.bias"], new[] { linear.Norm.Gamma.Name, linear.Norm.Beta.Name });
    }

    // An epilogue ends with its norm.
    [Fact]
    public void Nothing_moves_behind_a_layer_norm()
    {
        var g = new GraphBuilder("test");
        var x = g.Input("x", new Shape(2, 8));
        g.Output("y", g.Activate(g.LayerNorm(g.Linear(x, Root / "fc1", 8), Root / "norm", 1e-5), Root / "act", Activation.Relu));
        Assert.Equal(["Linear", "Activation"], new EpilogueFusion().Apply(g.Build(), default).Nodes.Select(node => node.Operator));
    }

    [Fact]
    public void A_value_that_somebody_else_reads_is_not_fused_away()
    {
        var g = new GraphBuilder("test");
        var linear = g.Linear(g.Input("x", new Shape(2, 8)), Root / "fc1", 8);
        g.Output("y", g.Activate(linear, Root / "act", Activation.Relu));
        g.Output("shown", linear);
        Assert.Equal(2, new EpilogueFusion().Apply(g.Build(), default).Nodes.Count);
    }

    [Fact]
    public void An_activation_behind_a_residual_stays()
    {
        var g = new GraphBuilder("test");
        var x = g.Input("x", new Shape(2, 8));
        g.Output("y", g.Activate(g.Add(g.Linear(x, Root / "fc1", 8), x, Root / "residual"), Root / "act", Activation.Relu));
        var fused = new EpilogueFusion().Apply(g.Build(), default);
        Assert.Equal(["Linear", "Activation"], fused.Nodes.Select(node => node.Operator));
    }

    [Theory]
    [InlineData(80, DType.Float16), InlineData(80, DType.BFloat16), InlineData(75, DType.Float16), InlineData(80, DType.Int8)]
    public void An_encoder_stores_what_only_products_read_in_16_bits(int architecture, DType weights)
    {
        var rounded = weights == DType.Int8 ? DType.Float16 : weights;
        var stored = Stored(new KernelTarget(architecture), weights);
        Assert.All(stored.Values, format => Assert.Equal(rounded, format));
        var layers = Enumerable.Range(0, 2).Select(i => $"vision_model.encoder.layers.{i}.").ToList();
        string[] inProducts = ["layer_norm1", "layer_norm2", "mlp.activation_fn"];
        // Beside whole numbers attention stays in single precision.
        string[] inAttention = weights == DType.Int8 ? [] : ["self_attn.qkv", "self_attn"];
        Assert.Equal(
            layers.SelectMany(layer => inProducts.Concat(inAttention).Select(name => layer + name))
                .Append("vision_model.embeddings.patches").Order(StringComparer.Ordinal),
            stored.Keys.Select(value => value.Name).Order(StringComparer.Ordinal));
    }

    [Theory, InlineData(0, DType.Float16), InlineData(75, DType.BFloat16), InlineData(80, DType.Float32)]
    public void Where_nothing_is_rounded_nothing_is_stored_in_16_bits(int architecture, DType weights) =>
        Assert.Empty(Stored(new KernelTarget(architecture), weights));

    private static Dictionary<Value, DType> Stored(KernelTarget target, DType weights)
    {
        var config = SyntheticModels.Config("tiny-square");
        var graph = GraphPasses.Apply(
            new CaptioningGraphs(config).Vision(config.Vision.ImageSize, config.Vision.ImageSize), PassSet.All, default);
        var sizes = new GraphSizes(graph, new Dictionary<string, int> { ["images"] = 2 }, target, _ => weights);
        ValueStorage.Choose(graph, sizes);
        return graph.Nodes.SelectMany(node => node.Outputs).Where(value => sizes.StoredAs(value).Is16Bits())
            .ToDictionary(value => value, sizes.StoredAs);
    }

    [Fact]
    public void What_nobody_reads_is_dropped_and_what_writes_a_cache_is_not()
    {
        var g = new GraphBuilder("test");
        var rows = Dim.Of("rows");
        var x = g.Input("x", new Shape(rows, 1, 8));
        var cache = new Shape(rows, 4, 8);
        g.AppendCache(x, x, g.Input("keys", cache), g.Input("values", cache), g.Input("start", new Shape(rows), DType.Int32), null,
            Root / "cache");
        g.Linear(g.Linear(x, Root / "dead1", 8), Root / "dead2", 8);
        g.Output("y", g.Linear(x, Root / "live", 8));
        Assert.Equal(["m.cache", "m.live"], new DeadNodeElimination().Apply(g.Build(), default).Nodes.Select(node => node.Name));
    }

    [Fact]
    public void What_depends_on_parameters_alone_is_computed_once()
    {
        var g = new GraphBuilder("test");
        var positions = g.InterpolatePositions(g.Parameter(Root / "positions", new Shape(1, 5, 8)), (2, 2), (3, 1), Root / "interpolated");
        var patches = g.Input("patches", new Shape(Dim.Of("batch"), 3, 8));
        g.Output("tokens", g.AssembleTokens(patches, g.Parameter(Root / "class", new Shape(1, 1, 8)), positions, Root / "tokens"));
        var folded = new ConstantFolding().Apply(g.Build(), default);
        Assert.Equal(["PositionInterpolation"], folded.Constants.Select(node => node.Operator));
        Assert.Equal(["AssembleTokens"], folded.Nodes.Select(node => node.Operator));
    }

    [Fact]
    public void Values_that_live_at_the_same_time_never_share_memory() =>
        Gen.Int[1, 40].Array[2, 30].Sample(sizes =>
        {
            // A chain in which every third value is read again much later.
            var g = new GraphBuilder("test");
            var x = g.Input("x", new Shape(1, 8));
            var made = new List<Value> { x };
            for (var i = 0; i < sizes.Length; i++)
                made.Add(i % 3 == 2
                    ? g.Add(made[^1], made[made.Count / 2] is { } old && old.Shape.Equals(made[^1].Shape) ? old : made[^1], Root / i)
                    : g.Activate(made[^1], Root / i, Activation.Relu));
            g.Output("y", made[^1]);
            var graph = g.Build();
            var placed = made.Skip(1).SkipLast(1).ToList();
            long Length(Value value) => sizes[value.Id % sizes.Length];
            var (offsets, length) = MemoryPlanner.Place(graph, placed, Length);
            foreach (var a in placed)
            {
                Assert.InRange(offsets[a] + Length(a), 0, length);
                foreach (var b in placed.Where(b => b != a && Overlap(graph, a, b)))
                    Assert.True(offsets[a] + Length(a) <= offsets[b] || offsets[b] + Length(b) <= offsets[a]);
            }
            Assert.True(length <= MemoryPlanner.Place(graph, placed, Length, share: false).Length);
        });

    [Fact]
    public void A_graph_prints_itself()
    {
        var g = new GraphBuilder("test");
        g.Output("y", g.Activate(g.Linear(g.Input("x", new Shape(Dim.Of("batch"), 8)), Root / "fc", 4), Root / "act", Activation.Gelu));
        var text = GraphPrinter.ToText(g.Build());
        Assert.Contains("graph test: 2 nodes", text, StringComparison.Ordinal);
        Assert.Contains("8→4", text, StringComparison.Ordinal);
        Assert.Contains("x [batch, 8]", text, StringComparison.Ordinal);
        var mermaid = GraphPrinter.ToMermaid(g.Build());
        Assert.StartsWith("flowchart TD", mermaid, StringComparison.Ordinal);
        Assert.Contains("v0 -->|\"[batch, 8]\"| n0", mermaid, StringComparison.Ordinal);
    }

    private static bool Overlap(ComputeGraph graph, Value a, Value b)
    {
        var (first, second) = (Life(a), Life(b));
        return first.Start <= second.End && second.Start <= first.End;

        (int Start, int End) Life(Value value)
        {
            var at = Enumerable.Range(0, graph.Nodes.Count)
                .Where(i => graph.Nodes[i].Outputs.Contains(value) || graph.Nodes[i].Inputs.Contains(value)).ToList();
            return (at.Min(), at.Max());
        }
    }
}
