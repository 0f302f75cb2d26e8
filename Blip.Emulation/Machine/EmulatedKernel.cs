using Blip.Emulation.Ptx;

namespace Blip.Emulation.Machine;

/// <summary>A kernel of a module on an <see cref="EmulatedGpu"/>.</summary>
public sealed class EmulatedKernel
{
    private static readonly AsyncLocal<Func<string, string>?> Rewriting = new();

    private readonly EmulatedGpu gpu;
    private readonly string text;
    private readonly Lazy<KernelProgram> program;
    private (string Text, KernelProgram Program)? rewritten;
    private long[] hits = [];

    internal EmulatedKernel(EmulatedGpu gpu, PtxModule module, PtxFunction entry, string text)
    {
        this.gpu = gpu;
        this.text = text;
        Entry = entry;
        program = new Lazy<KernelProgram>(() => KernelProgram.Of(module, entry));
        SharedBytes = module.SharedBytes;
    }

    /// <summary>Name, arguments and limits.</summary>
    public PtxFunction Entry { get; }

    /// <summary>Rewrites kernels before they run, to plant faults, for the calling thread and threads it starts.</summary>
    internal static Func<string, string>? Rewrite
    {
        get => Rewriting.Value;
        set => Rewriting.Value = value;
    }

    internal string Text => text;

    internal int Launches { get; private set; }

    /// <summary>Lines of the text that ran for at least one lane.</summary>
    internal IReadOnlySet<int> LinesRun =>
        Enumerable.Range(0, hits.Length).Where(i => hits[i] > 0).Select(i => program.Value.Module.Code[i].Line).ToHashSet();

    /// <summary>Bytes of the kernel's shared variables.</summary>
    public int SharedBytes { get; }

    /// <summary>The host's request (<c>cuFuncSetAttribute</c>), needed beyond the default share.</summary>
    public int MaxDynamicSharedBytes { get; private set; }

    /// <summary>Allows launches with this much dynamic shared memory.</summary>
    /// <exception cref="EmulationException">The device has less.</exception>
    public void AllowDynamicShared(int bytes)
    {
        if (bytes < 0 || bytes + SharedBytes > gpu.Options.MaxSharedBytes)
            throw new EmulationException(
                Fault.Launch, $"{bytes} bytes of dynamic shared memory beside {SharedBytes}; the device has {gpu.Options.MaxSharedBytes}");
        MaxDynamicSharedBytes = bytes;
    }

    /// <summary>Runs the kernel.</summary>
    /// <param name="grid">Groups.</param>
    /// <param name="block">Threads per group.</param>
    /// <param name="arguments">The argument buffer; see <see cref="KernelArguments"/>.</param>
    /// <param name="dynamicSharedBytes">Shared memory beside the variables.</param>
    /// <exception cref="EmulationException">The launch exceeds a limit, or the kernel has a fault.</exception>
    public LaunchCounts Launch(Dim3 grid, Dim3 block, ReadOnlySpan<byte> arguments, int dynamicSharedBytes = 0)
    {
        Launches++;
        if (gpu.Options.CheckInitialised)
            CheckPointers(arguments);
        // Loads use pointers into it.
        var buffer = GC.AllocateUninitializedArray<byte>(arguments.Length, pinned: true);
        arguments.CopyTo(buffer);
        var limit = Math.Max(gpu.Options.SharedBytes, MaxDynamicSharedBytes + PtxTypes.RoundUp(SharedBytes, 16));
        var running = Current();
        var launch = new KernelLaunch(running, grid, block, dynamicSharedBytes, buffer, gpu.Memory, gpu.Options, HitsOf(running));
        var counts = KernelRunner.Run(launch, limit);
        gpu.Count(counts);
        return counts;
    }

    // A planted fault makes another text, whose hits are discarded.
    private long[] HitsOf(KernelProgram running)
    {
        if (running != program.Value)
            return new long[running.Operations.Length];
        return hits.Length > 0 ? hits : hits = new long[running.Operations.Length];
    }

    private KernelProgram Current()
    {
        if (Rewrite is not { } rewrite || rewrite(text) is var other && other == text)
            return program.Value;
        // The same fault runs over many cases.
        if (rewritten is { } last && last.Text == other)
            return last.Program;
        var module = PtxModule.Parse(other);
        var made = KernelProgram.Of(module, module.Functions[Entry.Name]);
        rewritten = (other, made);
        return made;
    }

    // Device pointers in arguments must point to live memory, even if unused.
    private void CheckPointers(ReadOnlySpan<byte> arguments)
    {
        for (var i = 0; i + 8 <= arguments.Length; i += 8)
        {
            var address = System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(arguments[i..]);
            if (GlobalMemory.IsDevice(address) && gpu.Memory.WasFreed(address))
                throw new EmulationException(Fault.Freed, $"launch of {Entry.Name}: argument byte {i} points to memory that was freed");
        }
    }
}
