using System.Diagnostics.CodeAnalysis;
using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;
using Blip.Runtime.Graph.Nodes;
using Blip.Runtime.Graph.Passes;
using Blip.Tests.Models;
using Blip.Verification.References;

namespace Blip.Tests.Graph;

public class ReverseModeTests
{
    private const int Rows = 2, Tokens = 5, Wide = 12, Inner = 20;

    private static readonly ModulePath Root = new("m");

    /// <summary>
    /// Each kind of node that has a gradient, and values that two nodes read, against central differences of the same graph forwards.
    /// </summary>
    [Theory, InlineData("cpu"), InlineData("opencl")]
    public void A_gradient_is_the_slope_of_what_the_graph_computes(string id)
    {
        using var device = Devices.Open(id);
        using var weights = new WeightStore(device, new MadeUp(), _ => DType.Float32);
        using var executor = new Executor(device, weights);
        var graph = executor.Optimize(Record(gradients: true));
        var x = Numbers(Rows * Tokens * Wide, 1);
        var seed = Numbers(Rows * 3, 2);
        var (_, gradient) = Run(x);
        var random = new Random(3);
        for (var tries = 0; tries < (id == "cpu" ? 30 : 6); tries++)
        {
            var i = random.Next(x.Length);
            // A float's precision of a sum of some numbers around 1, over twice the step.
            const float Step = 1f / 64;
            var (above, below) = ((float[])x.Clone(), (float[])x.Clone());
            above[i] += Step;
            below[i] -= Step;
            var slope = (Along(Run(above).Y) - Along(Run(below).Y)) / ((double)above[i] - below[i]);
            Assert.True(Math.Abs(slope - gradient[i]) < 2e-3 * gradient.Max(Math.Abs),
                $"the slope at {i} is {slope:g6}, the gradient {gradient[i]:g6}");
        }

        double Along(float[] y) => y.Zip(seed, (a, b) => (double)a * b).Sum();

        (float[] Y, float[] Gradient) Run(float[] at)
        {
            using var plan = executor.Plan(graph, ("rows", Rows), ("tokens", Tokens));
            plan.BindOwned(graph.Input("x"), at);
            plan.BindOwned(graph.Input("seed"), seed);
            plan.BindOwned(graph.Input("mask"), [1, 1, 1, 1, 1, 1, 1, 1, 0, 0]);
            plan.Run();
            return (plan.ReadOutput("y"), plan.ReadOutput("gradient"));
        }
    }

    [Theory, InlineData("cpu"), InlineData("opencl")]
    public void Scores_of_targets_have_slopes_too(string id)
    {
        using var device = Devices.Open(id);
        using var weights = new WeightStore(device, new MadeUp(), _ => DType.Float32);
        using var executor = new Executor(device, weights);
        var g = new GraphBuilder("test");
        var x = g.Input("x", new Shape(Tokens, Wide));
        var scores = g.LogSoftmax(g.Linear(g.L2Normalize(x, Root / "unit"), Root / "fc1", Inner), Root / "scores");
        var picked = g.Pick(scores, g.Input("targets", new Shape(Tokens), DType.Int32), Root / "picked");
        g.Output("y", picked);
        g.Output("gradient", g.Gradients(picked, g.Input("seed", picked.Shape), [x])[0]);
        using var plan = executor.Plan(executor.Optimize(g.Build()));
        var (at, seed) = (Numbers(Tokens * Wide, 1), Numbers(Tokens, 2));
        plan.BindOwned(plan.Graph.Input("targets"), [3, 0, 19, 7, 7]);
        plan.BindOwned(plan.Graph.Input("seed"), seed);
        var gradient = Run(at, "gradient");
        for (var i = 0; i < at.Length; i += 7)
        {
            const float Step = 1f / 128;
            var (above, below) = ((float[])at.Clone(), (float[])at.Clone());
            above[i] += Step;
            below[i] -= Step;
            var slope = Run(above, "y").Zip(Run(below, "y"), (a, b) => a - b).Zip(seed, (d, s) => (double)d * s)
                .Sum() / ((double)above[i] - below[i]);
            Assert.True(Math.Abs(slope - gradient[i]) < 2e-3 * gradient.Max(Math.Abs),
                $"the slope at {i} is {slope:g6}, the gradient {gradient[i]:g6}");
        }

        float[] Run(float[] values, string output)
        {
            plan.BindOwned(plan.Graph.Input("x"), values);
            plan.Run();
            return plan.ReadOutput(output);
        }
    }

    [Fact]
    public void Every_set_of_passes_gives_the_same_bits_and_every_node_matters()
    {
        using var device = Device.Open("cpu");
        using var weights = new WeightStore(device, new MadeUp(), _ => DType.Float32);
        float[]? first = null;
        foreach (var passes in GraphPasses.Subsets())
        {
            using var executor = new Executor(device, weights, passes);
            var graph = executor.Optimize(Record(gradients: true));
            using var plan = executor.Plan(graph, ("rows", Rows), ("tokens", Tokens));
            Bind(plan);
            plan.Run();
            var gradient = plan.ReadOutput("gradient");
            first ??= gradient;
            Assert.True(first.AsSpan().SequenceEqual(gradient), $"passes {passes} change the gradient");
            if (passes == PassSet.All)
                NodeAblation.EveryNodeMatters(
                    executor, executor.Optimize(graph.Keeping("gradient")), [("rows", Rows), ("tokens", Tokens)], Bind);
        }

        static void Bind(Plan plan)
        {
            plan.BindOwned(plan.Graph.Input("x"), Numbers(Rows * Tokens * Wide, 1));
            plan.BindOwned(plan.Graph.Input("seed"), Numbers(Rows * 3, 2));
            plan.BindOwned(plan.Graph.Input("mask"), [1, 1, 1, 1, 1, 1, 1, 1, 0, 0]);
        }
    }

    [Fact]
    public void Nothing_is_recorded_for_what_no_wanted_value_is_part_of()
    {
        var g = new GraphBuilder("test");
        var x = g.Input("x", new Shape(2, 8));
        var hidden = g.Linear(x, Root / "fc1", 8);
        var y = g.Linear(g.Activate(hidden, Root / "act", Activation.Gelu), Root / "fc2", 8);
        g.Output("gradient", Assert.Single(g.Gradients(y, g.Input("seed", new Shape(2, 8)), [hidden])));
        Assert.Equal(["m.fc1", "m.act", "m.fc2", "m.fc2.gradient", "m.act.gradient"], g.Build().Nodes.Select(node => node.Name));
    }

    [Fact]
    public void What_has_no_gradient_is_named()
    {
        var g = new GraphBuilder("test");
        var x = g.Input("x", new Shape(2, 3, 8));
        var other = g.Input("other", new Shape(2, 3, 8));
        var spec = new AttentionSpec { Query = x, Key = other, Value = other, Heads = 2 };
        var hidden = g.Attention(spec, Root / "hidden");
        var part = g.Attention(
            spec with { Key = new Columns(g.Linear(x, Root / "wide", 24), 0, 8) }, Root / "part", showProbabilities: true);
        var pixels = g.Input("pixels", new Shape(2, 3, 8, 8));
        var patches = g.Patchify(pixels, 4, Root / "patches");
        Refused("m.part: there are columns of m.wide", part, x);
        Refused("m.patches: Patchify has no gradient", patches, pixels);
        Refused("does not depend on other", g.Linear(x, Root / "fc", 8), other);
        var seed = g.Input("seed", new Shape(2, 3, 9));
        Assert.Contains("another shape: seed", Assert.Throws<ArgumentException>(() => g.Gradients(hidden, seed, [x])).Message,
            StringComparison.Ordinal);

        void Refused(string message, Value of, Value wanted) =>
            Assert.Contains(message, Assert.Throws<ArgumentException>(() => g.Gradients(of, g.Input("seed", of.Shape), [wanted])).Message,
                StringComparison.Ordinal);
    }

    [Theory, InlineData("cpu"), InlineData("opencl")]
    public void A_rollout_goes_through_all_layers_of_a_tower(string id)
    {
        using var device = Devices.Open(id);
        using var weights = new WeightStore(device, new MadeUp(), _ => DType.Float32);
        using var executor = new Executor(device, weights);
        var g = new GraphBuilder("test");
        var x = g.Input("x", new Shape(1, Tokens, Wide));
        g.Output("one", g.Attention(new AttentionSpec { Query = x, Key = x, Value = x, Heads = 3 }, Root / "one", showProbabilities: true));
        g.Output("two", g.Attention(new AttentionSpec { Query = x, Key = x, Value = x, Heads = 2 }, Root / "two", showProbabilities: true));
        g.Output("rollout", g.Rollout(Root));
        Assert.Throws<ArgumentException>(() => g.Rollout(new ModulePath("other")));
        var graph = executor.Optimize(g.Build());
        using var plan = executor.Plan(graph);
        plan.BindOwned(graph.Input("x"), Numbers(Tokens * Wide, 1));
        plan.Run();
        var first = AttentionRolloutReference.Run(plan.ReadOutput("m.one.probabilities"), null, 1, 3, Tokens);
        var both = AttentionRolloutReference.Run(
            plan.ReadOutput("m.two.probabilities"), [.. first.Select(value => (float)value)], 1, 2, Tokens);
        var actual = plan.ReadOutput("rollout");
        Assert.All(both.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
        Assert.All(actual.Chunk(Tokens), row => Assert.Equal(1, row.Sum(), 1e-5));
    }

    // Post-norm as BERT has it: attention over a packed projection and a mask, a residual, a feed-forward part, a norm, and a head on the
    // first token.
    private static ComputeGraph Record(bool gradients)
    {
        var g = new GraphBuilder("test");
        var x = g.Input("x", new Shape(Dim.Of("rows"), Dim.Of("tokens"), Wide));
        var mask = g.Input("mask", new Shape(Dim.Of("rows"), Dim.Of("tokens")), DType.Int32);
        var qkv = g.Linear(x, Root / "qkv", 3 * Wide);
        var attended = g.Attention(
            new AttentionSpec
            {
                Query = new Columns(qkv, 0, Wide),
                Key = new Columns(qkv, Wide, Wide),
                Value = new Columns(qkv, 2 * Wide, Wide),
                Heads = 3,
                Mask = mask,
            },
            Root / "attention", showProbabilities: true);
        var hidden = g.LayerNorm(g.Add(g.Linear(attended, Root / "dense", Wide), x, Root / "residual1"), Root / "norm1", 1e-5);
        var inner = g.Activate(g.Linear(hidden, Root / "fc1", Inner), Root / "act", Activation.Gelu);
        hidden = g.LayerNorm(g.Add(g.Linear(inner, Root / "fc2", Wide), hidden, Root / "residual2"), Root / "norm2", 1e-5);
        var y = g.Linear(g.SelectToken(hidden, null, Root / "first"), Root / "head", 3);
        g.Output("y", y);
        if (gradients)
            g.Output("gradient", g.Gradients(y, g.Input("seed", y.Shape), [x])[0]);
        return g.Build();
    }

    private static float[] Numbers(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() * 2) - 1)];
    }

    /// <summary>Weights of any name, as large as layers of that width have them.</summary>
    private sealed class MadeUp : ITensorSource
    {
        private static readonly Dictionary<string, long[]> Shapes = new()
        {
            ["m.qkv.weight"] = [3 * Wide, Wide], ["m.qkv.bias"] = [3 * Wide], ["m.dense.weight"] = [Wide, Wide], ["m.dense.bias"] = [Wide],
            ["m.norm1.weight"] = [Wide], ["m.norm1.bias"] = [Wide], ["m.norm2.weight"] = [Wide], ["m.norm2.bias"] = [Wide],
            ["m.fc1.weight"] = [Inner, Wide], ["m.fc1.bias"] = [Inner], ["m.fc2.weight"] = [Wide, Inner], ["m.fc2.bias"] = [Wide],
            ["m.head.weight"] = [3, Wide], ["m.head.bias"] = [3],
        };

        public string Description => "made up";

        public IReadOnlyCollection<string> Keys => Shapes.Keys;

        public bool TryGet(string key, [NotNullWhen(true)] out TensorInfo? info)
        {
            info = Shapes.TryGetValue(key, out var shape) ? new TensorInfo(key, DType.Float32, shape) : null;
            return info is not null;
        }

        public void Read(string key, long firstElement, Span<float> destination)
        {
            var values = Numbers((int)Shapes[key].Aggregate(1L, (product, size) => product * size), key.Sum(letter => letter));
            values.AsSpan((int)firstElement, destination.Length).CopyTo(destination);
        }

        public void Dispose()
        {
        }
    }
}
