namespace Blip.Kernels.Devices;

/// <content>Work captured once and queued by one launch.</content>
public sealed partial class Device
{
    private long releases;

    /// <summary>Buffers freed since the device was opened: an older capture may hold the address of one.</summary>
    public long Releases => Interlocked.Read(ref releases);

    /// <summary>Whether capturing gains anything now: on CUDA, unless somebody times every step.</summary>
    public bool Captures => Kind == DeviceKind.Cuda && Profiler is null;

    /// <summary>Graphs queued since the device was opened.</summary>
    internal long GraphLaunches { get; set; }

    /// <summary>
    /// Captures work that is to be queued many times. On CUDA it is called once, now, and written down, not run: kernels whose arguments are
    /// the same each time, and copies between buffers of the device and <see cref="HostBuffer{T}"/>; it must have run once before as it is, so
    /// that kernels are compiled and memory is there, and may neither wait, nor allocate, nor free. On other devices it is called by each
    /// <see cref="CapturedWork.Launch"/>.
    /// </summary>
    /// <exception cref="DeviceException">The work does something that cannot be captured.</exception>
    public CapturedWork Capture(Action work)
    {
        ArgumentNullException.ThrowIfNull(work);
        return new CapturedWork(this, work);
    }
}
