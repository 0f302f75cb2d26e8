using Blip.Kernels.Ptx;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels.Devices;

/// <summary>
/// An open accelerator: its memory, its stream and its compiled kernels. Work is queued on one stream, in order. A device belongs to one
/// thread at a time.
/// </summary>
public sealed partial class Device : IDisposable
{
    /// <summary>The largest group of a portable kernel, and the size of its shared arrays.</summary>
    public const int MaxGroupSize = Compilation.MaxGroupSize;

    private readonly Context context;
    private readonly KernelLoader kernels;
    private readonly DeviceBuffer<byte> nothing;
    private long allocatedBytes;
    private int liveBuffers;
    private long allocations;

    private Device(Context context, Accelerator accelerator, DeviceDescription description, DeviceOptions options)
    {
        this.context = context;
        Accelerator = accelerator;
        Architecture = ArchitectureOf(accelerator);
        Tf32 = Architecture >= 80 && Switches.Allows(options.Tf32, Switches.Tf32);
        WarpGroups = Architecture == 90 && Switches.Allows(options.WarpGroups, Switches.WarpGroups);
        Description = description;
        RunsPortable = description.Kind != DeviceKind.Cpu || options.Portable;
        // CUDA's default stream cannot be captured, and waits for all others.
        Stream = description.Kind == DeviceKind.Cuda ? accelerator.CreateStream() : accelerator.DefaultStream;
        Workers = description.Kind == DeviceKind.Cpu ? description.Units : accelerator.NumMultiprocessors;
        GroupSize = options.GroupSize > 0 ? options.GroupSize : DefaultGroupSize(description);
        Choice = IDeviceTuning.Current.Choose(this, options);
        SharedMemoryOnRequest = SharedMemoryOf(accelerator);
        kernels = new KernelLoader(accelerator, SharedMemoryOnRequest);
        nothing = Allocate<byte>(64);
    }

    /// <summary>Describes the device.</summary>
    public DeviceDescription Description { get; }

    /// <summary>The back end.</summary>
    public DeviceKind Kind => Description.Kind;

    /// <summary>The driver's name for it.</summary>
    public string Name => Description.Name;

    /// <summary>ILGPU's accelerator.</summary>
    public Accelerator Accelerator { get; }

    /// <summary>The stream of all kernels and copies.</summary>
    public AcceleratorStream Stream { get; }

    /// <summary>Threads of the CPU accelerator, or multiprocessors.</summary>
    public int Workers { get; }

    /// <summary>The vectors of CPU variants.</summary>
    internal CpuVectors Vectors => Description.Vectors ?? CpuVectors.Auto;

    /// <summary>The choice of <see cref="IDeviceTuning"/>, whose type the linear layer knows.</summary>
    internal IDeviceChoice Choice { get; }

    /// <summary>Work-items per group of portable kernels. It never changes, since it fixes the order of sums.</summary>
    public int GroupSize { get; }

    /// <summary>Bytes of device memory in use.</summary>
    public long AllocatedBytes => Interlocked.Read(ref allocatedBytes);

    /// <summary>Buffers in use.</summary>
    public int LiveBuffers => Volatile.Read(ref liveBuffers);

    /// <summary>Buffers allocated since the device was opened.</summary>
    public long Allocations => Interlocked.Read(ref allocations);

    /// <summary>Times every step while it is set.</summary>
    public Profiler? Profiler { get; set; }

    /// <summary>Measures a step outside of graphs (preprocessing, sampling) with the <see cref="Profiler"/>, if any.</summary>
    public Profiler.Measurement Measure(string stage, string name, long flops = 0) =>
        Profiler is null ? default : Profiler.Measure(this, stage, name, name, flops);

    /// <summary>Allocates memory.</summary>
    /// <param name="length">Elements.</param>
    /// <param name="zeroed">False leaves old contents.</param>
    public DeviceBuffer<T> Allocate<T>(long length, bool zeroed = true)
        where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        return new DeviceBuffer<T>(this, length, zeroed);
    }

    /// <summary>Allocates host memory for asynchronous copies.</summary>
    /// <exception cref="DeviceException">Memory is insufficient.</exception>
    public HostBuffer<T> AllocateHost<T>(int length)
        where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        return new HostBuffer<T>(this, length);
    }

    /// <summary>Copies values to newly allocated memory.</summary>
    public DeviceBuffer<T> Upload<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        var buffer = Allocate<T>(values.Length, zeroed: false);
        buffer.CopyFrom(values);
        return buffer;
    }

    /// <summary>An empty view that kernels accept for an optional argument.</summary>
    public ArrayView<T> Empty<T>()
        where T : unmanaged => nothing.View.Cast<T>().SubView(0, 0);

    /// <summary>The view, or <see cref="Empty{T}"/> for a default one.</summary>
    public ArrayView<T> OrEmpty<T>(ArrayView<T> view)
        where T : unmanaged => view.Length > 0 ? view : Empty<T>();

    /// <summary>Waits for queued work and copies a view to the host.</summary>
    /// <param name="view">Memory of this device.</param>
    public T[] Read<T>(ArrayView<T> view)
        where T : unmanaged
    {
        Synchronize();
        using var copy = Allocate<T>(view.Length, zeroed: false);
        view.CopyTo(Stream, copy.View);
        return copy.ToArray();
    }

    /// <summary>Copies host values to the beginning of a view.</summary>
    /// <param name="values">The values.</param>
    /// <param name="view">Memory of this device, at least as long.</param>
    public void Write<T>(ReadOnlySpan<T> values, ArrayView<T> view)
        where T : unmanaged
    {
        using var copy = Upload(values);
        copy.View.CopyTo(Stream, view.SubView(0, values.Length));
        Synchronize();
    }

    /// <summary>Calls of <see cref="Synchronize"/>: work queued at a lower number is done.</summary>
    internal long Waits { get; private set; }

    /// <summary>Waits for all queued work.</summary>
    public void Synchronize()
    {
        RunWaiting();
        Stream.Synchronize();
        Waits++;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        waiting?.Dispose();
        scratch?.Dispose();
        counters?.Dispose();
        nothing.Dispose();
        if (Kind == DeviceKind.Cuda)
            Stream.Dispose();
        Accelerator.Dispose();
        context.Dispose();
    }

    internal static int DefaultGroupSize(DeviceDescription description) => description.IsProcessor ? 1 : 128;

    internal void Track(long bytes)
    {
        Interlocked.Add(ref allocatedBytes, bytes);
        Interlocked.Add(ref liveBuffers, Math.Sign(bytes));
        Interlocked.Increment(ref bytes > 0 ? ref allocations : ref releases);
    }
}
