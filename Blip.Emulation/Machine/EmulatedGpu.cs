using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Blip.Emulation.Ptx;

namespace Blip.Emulation.Machine;

/// <summary>
/// An emulated GPU: memory, modules and launches, with every access checked. The driver uses it; tests may use it directly.
/// </summary>
/// <example>
/// <code>
/// using var gpu = new EmulatedGpu();
/// var kernel = gpu.Load(PtxCompiler.Compile(typeof(Scale), CudaArchitecture.SM_80));
/// var x = gpu.Upload&lt;float&gt;(values);
/// var y = gpu.Allocate&lt;float&gt;(count);
/// kernel.Launch(groups, 256, new KernelArguments().View&lt;float&gt;(x, count).View&lt;float&gt;(y, count).Add(count).ToStruct());
/// float[] result = gpu.Download&lt;float&gt;(y, count);
/// </code>
/// </example>
/// <param name="options">The options; null for all checks.</param>
/// <param name="number">Distinguishes several.</param>
public sealed class EmulatedGpu(EmulationOptions? options = null, int number = 0) : IDisposable
{
    private const int MostShared = 512;

    // Modules without device variables are the same on every device: they are parsed once.
    private static readonly ConcurrentDictionary<string, PtxModule> Shared = [];

    private long warpInstructions;
    private long laneInstructions;

    /// <summary>How kernels are run and checked.</summary>
    public EmulationOptions Options { get; set; } = options ?? new EmulationOptions();

    /// <summary>Its memory.</summary>
    public GlobalMemory Memory { get; } = new(number);

    /// <summary>The instructions so far.</summary>
    public LaunchCounts Counts => new(Interlocked.Read(ref warpInstructions), Interlocked.Read(ref laneInstructions));

    /// <summary>Reads PTX and returns its only kernel.</summary>
    /// <exception cref="PtxException">The text is unreadable, or an instruction is unknown.</exception>
    public EmulatedKernel Load(string ptx)
    {
        var module = LoadModule(ptx);
        return new EmulatedKernel(this, module, module.Entry, ptx);
    }

    /// <summary>Reads PTX and allocates its global variables.</summary>
    public PtxModule LoadModule(string ptx)
    {
        if (Shared.TryGetValue(ptx, out var known))
            return known;
        var module = PtxModule.Parse(ptx);
        if (module.Variables.All(variable => variable.Size == 0))
        {
            if (Shared.Count >= MostShared)
                Shared.Clear();
            Shared[ptx] = module;
        }
        foreach (var variable in module.Variables.Where(variable => variable.Size > 0))
        {
            variable.Address = Memory.Allocate(variable.Size);
            Memory.Write(variable.Address, variable.Values ?? new byte[variable.Size]);
        }
        return module;
    }

    /// <summary>Allocates unwritten memory.</summary>
    public ulong Allocate<T>(long count)
        where T : unmanaged => Memory.Allocate(count * Marshal.SizeOf<T>());

    /// <summary>Allocates memory with values.</summary>
    public ulong Upload<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        var bytes = MemoryMarshal.AsBytes(values);
        var address = Memory.Allocate(bytes.Length);
        Memory.Write(address, bytes);
        return address;
    }

    /// <summary>Reads values back.</summary>
    public T[] Download<T>(ulong address, int count)
        where T : unmanaged
    {
        var values = new T[count];
        Memory.Read(address, MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    /// <inheritdoc/>
    public void Dispose() => Memory.Dispose();

    internal void Count(LaunchCounts counts)
    {
        Interlocked.Add(ref warpInstructions, counts.WarpInstructions);
        Interlocked.Add(ref laneInstructions, counts.LaneInstructions);
    }
}

/// <summary>Arguments of a kernel in ILGPU's layout.</summary>
public sealed class KernelArguments
{
    private readonly List<byte> bytes = [];

    /// <summary>Adds a view: address and number of elements.</summary>
    public KernelArguments View<T>(ulong address, long elements)
        where T : unmanaged => Add(address).Add(elements);

    /// <summary>Adds a number or structure, aligned to its largest member, at most 8.</summary>
    /// <param name="value">The value.</param>
    /// <param name="alignment">0 derives it from the size, at most 8.</param>
    public KernelArguments Add<T>(T value, int alignment = 0)
        where T : unmanaged
    {
        var data = MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value));
        if (alignment == 0)
            alignment = data.Length % 8 == 0 ? 8 : data.Length % 4 == 0 ? 4 : data.Length % 2 == 0 ? 2 : 1;
        while (bytes.Count % alignment != 0)
            bytes.Add(0);
        bytes.AddRange(data);
        return this;
    }

    /// <summary>The arguments of a kernel that is a method.</summary>
    public byte[] ToArray() => [.. bytes];

    /// <summary>The arguments of a kernel that is a struct with a view: its size is a multiple of 8.</summary>
    public byte[] ToStruct() => [.. bytes, .. new byte[(8 - (bytes.Count % 8)) % 8]];
}
