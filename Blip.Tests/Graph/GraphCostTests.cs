using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Runtime.Graph;
using Blip.Runtime.Graph.Nodes;
using Blip.Runtime.Graph.Passes;

namespace Blip.Tests.Graph;

/// <summary>Costs against small graphs whose operations and bytes are counted by hand.</summary>
public class GraphCostTests
{
    private static readonly ModulePath Root = new("m");

    [Theory]
    [InlineData(DType.Float32, 4)]
    [InlineData(DType.Float16, 2)]
    public void A_linear_reads_its_input_weights_and_bias_and_writes_its_output(DType format, int perWeight)
    {
        var g = new GraphBuilder("test");
        g.Output("y", g.Linear(g.Input("x", new Shape(Dim.Of("rows"), 128)), Root / "fc", 64));
        var cost = GraphCost.Of(g.Build(), _ => format, default, ("rows", 5));
        Assert.Equal(2 * 5 * 128 * 64, cost.Flops);
        Assert.Equal((128 * 64 * perWeight) + (4 * 64), cost.WeightBytes);
        Assert.Equal(4 * 5 * (128 + 64), cost.ValueBytes);
        Assert.Equal(1, cost.Kernels);
    }

    [Fact]
    public void A_residual_is_read_by_the_linear_that_adds_it()
    {
        var g = new GraphBuilder("test");
        var x = g.Input("x", new Shape(3, 64));
        g.Output("y", g.Add(g.Linear(x, Root / "fc", 64), x, Root / "residual"));
        var fused = GraphCost.Of(GraphPasses.Apply(g.Build(), PassSet.All, default), _ => DType.Float32, default);
        // The input is its own residual: it is read once.
        Assert.Equal((1, 4L * 3 * (64 + 64)), (fused.Kernels, fused.ValueBytes));
    }

    [Fact]
    public void A_layer_norm_reads_twice_its_width_in_parameters()
    {
        var g = new GraphBuilder("test");
        g.Output("y", g.LayerNorm(g.Input("x", new Shape(7, 64)), Root / "norm", 1e-5));
        var cost = GraphCost.Of(g.Build(), _ => DType.Float32, default);
        Assert.Equal((8L * 7 * 64, 4L * 2 * 64, 4L * 2 * 7 * 64), (cost.Flops, cost.WeightBytes, cost.ValueBytes));
    }

    // Tensor cores multiply in 16 bits: values that only they read are stored so in memory.
    [Theory, InlineData(0, 4), InlineData(80, 2)]
    public void What_all_readers_round_is_counted_as_it_is_stored(int architecture, int perElement)
    {
        var g = new GraphBuilder("test");
        g.Output("y", g.Linear(g.LayerNorm(g.Input("x", new Shape(7, 64)), Root / "norm", 1e-5), Root / "fc", 128));
        var cost = GraphCost.Of(g.Build(), _ => DType.Float16, new KernelTarget(architecture));
        Assert.Equal((4L * 7 * 64) + (2 * perElement * 7 * 64) + (4 * 7 * 128), cost.ValueBytes);
    }

    [Fact]
    public void Beams_share_the_keys_and_values_of_their_image()
    {
        const int Heads = 2, Hidden = 64, Images = 2, Beams = 3, ImageTokens = 10;
        var g = new GraphBuilder("test");
        var query = g.Input("q", new Shape(Dim.Of("rows"), 1, Hidden));
        var image = g.Input("kv", new Shape(Dim.Of("images"), ImageTokens, 2 * Hidden));
        var row = g.Input("row", new Shape(Dim.Of("rows")), DType.Int32);
        g.Output("y", g.Attention(
            new AttentionSpec
            {
                Query = query,
                Key = new Columns(image, 0, Hidden),
                Value = new Columns(image, Hidden, Hidden),
                Heads = Heads,
                KeyRow = row,
            }, Root / "self"));
        var cost = GraphCost.Of(g.Build(), _ => DType.Float32, default, ("rows", Images * Beams), ("images", Images));
        // Two products of 2·headDim operations for each query, head and key.
        Assert.Equal(4L * Images * Beams * Hidden * ImageTokens, cost.Flops);
        Assert.Equal(4L * ((2 * Images * Beams * Hidden) + (Images * ImageTokens * 2 * Hidden) + (Images * Beams)), cost.ValueBytes);
    }

    [Fact]
    public void An_append_moves_what_is_new_and_an_embedding_the_rows_of_its_tokens()
    {
        const int Hidden = 64, Rows = 3;
        var g = new GraphBuilder("test");
        var ids = g.Input("ids", new Shape(Rows, 1), DType.Int32);
        var start = g.Input("start", new Shape(Rows), DType.Int32);
        var x = g.EmbedTokens(
            ids, new Matrix(["words"], 128, Hidden), g.Parameter(Root / "positions", new Shape(50, Hidden)), start, Root / "embed");
        var cache = new Shape(Rows, 1000, Hidden);
        var (keys, values) = (g.Input("keys", cache), g.Input("values", cache));
        g.AppendCache(x, x, keys, values, start, null, Root / "cache");
        g.Output("x", x);
        var cost = GraphCost.Of(g.Build(), _ => DType.Float32, default);
        var embed = 4L * ((Rows * Hidden) + Rows + Rows + (2 * Rows * Hidden));
        var append = 4L * ((4 * Rows * Hidden) + Rows);
        Assert.Equal((embed + append, 1 + 1), (cost.ValueBytes, cost.Kernels));
    }
}
