using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;
using Blip.Runtime.Graph.Passes;
using Blip.Tests.Emulation;

namespace Blip.Tests.Graph;

/// <summary>The list of passes and its subsets. The tests of models run every subset over their graphs on a processor.</summary>
public class GraphPassesTests
{
    [Fact]
    public void Every_flag_has_a_pass_and_every_pass_a_flag()
    {
        var written = typeof(IGraphPass).Assembly.GetTypes().Where(type => !type.IsInterface && type.IsAssignableTo(typeof(IGraphPass)));
        Assert.Equal([], Faults(Enum.GetValues<PassSet>(), GraphPasses.Rewrites, GraphPasses.Planned, written));
    }

    [Fact]
    public void What_the_list_of_passes_lacks_is_found()
    {
        var (flags, rewrites, planned) = (Enum.GetValues<PassSet>(), GraphPasses.Rewrites, GraphPasses.Planned);
        var written = rewrites.Select(pass => pass.GetType()).ToList();
        var next = (PassSet)((int)PassSet.All + 1);

        Assert.Equal([$"{next} is not in All", $"{next} has no pass"], Faults([.. flags, next], rewrites, planned, written));
        Assert.Equal([$"{next} is not in All"], Faults([.. flags, next], [.. rewrites, new Made(next)], planned, written));
        Assert.Equal(["Made has no flag"], Faults(flags, [.. rewrites, new Made(PassSet.None)], planned, written));
        Assert.Equal(["Epilogues has several passes"], Faults(flags, [.. rewrites, new Made(PassSet.Epilogues)], planned, written));
        Assert.Equal(["Memory has several passes"], Faults(flags, [.. rewrites, new Made(PassSet.Memory)], planned, written));
        Assert.Equal(["Made is not in the list"], Faults(flags, rewrites, planned, [.. written, typeof(Made)]));
    }

    [Fact]
    public void The_subsets_are_all_that_the_flags_allow()
    {
        var subsets = GraphPasses.Subsets().ToList();
        var flags = Flags(Enum.GetValues<PassSet>());
        Assert.Equal(1 << flags.Count, subsets.Distinct().Count());
        Assert.Equal(1 << flags.Count, subsets.Count);
        Assert.Equal((PassSet.None, PassSet.All), (subsets[0], subsets[^1]));
        Assert.All(flags, flag => Assert.Equal(subsets.Count / 2, subsets.Count(set => set.HasFlag(flag))));
    }

    // On the emulated device every pass has something to do, the storage of values in 16 bits among them.
    [Fact]
    public void Every_subset_gives_the_same_bits_where_every_pass_changes_something()
    {
        using var device = EmulatedDevices.Open();
        using var weights = new WeightStore(device, new MadeUp(), _ => DType.Float16);
        var runs = GraphPasses.Subsets().ToDictionary(passes => passes, passes => Run(device, weights, passes));
        foreach (var (passes, run) in runs)
            Assert.True(run.Output.AsSpan().SequenceEqual(runs[PassSet.None].Output), $"passes {passes} change the result");
        Assert.All(Flags(Enum.GetValues<PassSet>()), flag => Assert.True(runs[PassSet.All].Form != runs[PassSet.All & ~flag].Form,
            $"{flag} rewrites nothing here: add nodes for it to {nameof(Record)}"));
    }

    private static (float[] Output, string Form) Run(Device device, WeightStore weights, PassSet passes)
    {
        using var executor = new Executor(device, weights, passes);
        using var plan = executor.Plan(executor.Optimize(Record()));
        plan.BindOwned(plan.Graph.Input("x"), [.. Enumerable.Range(0, Rows * Width).Select(i => MathF.Sin(i))]);
        plan.BindOwned(plan.Graph.Input("tokens"), [.. Enumerable.Range(0, Rows * Tokens * Width).Select(i => MathF.Cos(i))]);
        plan.Run();
        var stored = plan.Graph.Values.Count(value => plan.Sizes.StoredAs(value).Is16Bits());
        var nodes = $"{plan.Graph.Nodes.Count} nodes, {plan.Graph.Constants.Count} constants";
        return ([.. plan.ReadOutput("y"), .. plan.ReadOutput("first")], $"{nodes}, {stored} stored, {plan.WorkspaceBytes} bytes");
    }

    private static ComputeGraph Record()
    {
        var (g, root, shape) = (new GraphBuilder("test"), new ModulePath("m"), new Shape(Rows, Width));
        var x = g.Input("x", shape);
        var inner = g.LayerNorm(x, root / "norm", 1e-5);
        foreach (var name in new[] { "fc1", "fc2", "fc3" })
            inner = g.Activate(g.Linear(inner, root / name, Width), root / name / "act", Activation.Gelu);
        // One node depends on parameters alone, and nothing reads the other.
        var constant = g.L2Normalize(g.Parameter(root / "table", shape), root / "normed");
        g.Linear(x, root / "unread", Width);
        g.Output("y", g.Add(g.Add(inner, x, root / "residual"), constant, root / "sum"));
        // Of many tokens the first alone is read.
        var tokens = g.Linear(g.Input("tokens", new Shape(Rows, Tokens, Width)), root / "fc1", Width);
        g.Output("first", g.SelectToken(g.LayerNorm(g.Linear(tokens, root / "fc2", Width), root / "norm", 1e-5), null, root / "first"));
        return g.Build();
    }

    private const int Rows = 3, Tokens = 5, Width = 16;

    private static List<PassSet> Flags(IEnumerable<PassSet> members) => [.. members.Where(flag => BitOperations.PopCount((uint)flag) == 1)];

    private static List<string> Faults(
        IEnumerable<PassSet> members, IReadOnlyList<IGraphPass> rewrites, PassSet planned, IEnumerable<Type> written)
    {
        var flags = Flags(members);
        return
        [
            .. flags.Where(flag => !PassSet.All.HasFlag(flag)).Select(flag => $"{flag} is not in All"),
            .. rewrites.Where(pass => !flags.Contains(pass.Flag)).Select(pass => $"{pass.GetType().Name} has no flag"),
            .. flags.Where(flag => Passes(flag) == 0).Select(flag => $"{flag} has no pass"),
            .. flags.Where(flag => Passes(flag) > 1).Select(flag => $"{flag} has several passes"),
            .. written.Except(rewrites.Select(pass => pass.GetType())).Select(type => $"{type.Name} is not in the list"),
        ];

        int Passes(PassSet flag) => rewrites.Count(pass => pass.Flag == flag) + (planned.HasFlag(flag) ? 1 : 0);
    }

    private sealed class MadeUp : ITensorSource
    {
        private static readonly string[] Modules = ["norm", "fc1", "fc2", "fc3", "unread"];

        public string Description => "made up";

        public IReadOnlyCollection<string> Keys { get; } =
            [.. Modules.SelectMany(name => new[] { $"m.{name}.weight", $"m.{name}.bias" }), "m.table"];

        public bool TryGet(string key, [NotNullWhen(true)] out TensorInfo? info)
        {
            var isVector = key == "m.norm.weight" || key.EndsWith("bias", StringComparison.Ordinal);
            long[] shape = key == "m.table" ? [Rows, Width] : isVector ? [Width] : [Width, Width];
            info = Keys.Contains(key) ? new TensorInfo(key, DType.Float32, shape) : null;
            return info is not null;
        }

        public void Read(string key, long firstElement, Span<float> destination)
        {
            for (var i = 0; i < destination.Length; i++)
                destination[i] = MathF.Cos((firstElement + i) * key.Sum(letter => letter)) / 2;
        }

        public void Dispose()
        {
        }
    }

    private sealed class Made(PassSet flag) : IGraphPass
    {
        public PassSet Flag => flag;

        public ComputeGraph Apply(ComputeGraph graph, KernelTarget target) => graph;
    }
}
