namespace Blip.Kernels.Devices;

/// <content>Work captured once and queued by one launch.</content>
public sealed partial class Device
{
    private long releases;

    /// <summary>Buffers freed since the device was opened: an older capture may hold one's address.</summary>
    public long Releases => Interlocked.Read(ref releases);

    /// <summary>Whether capturing gains anything now: on CUDA without a profiler.</summary>
    public bool Captures => Kind == DeviceKind.Cuda && Profiler is null;

    internal long GraphLaunches { get; set; }

    /// <summary>
    /// Captures work for repeated launches. On CUDA it is called once, now, and recorded without being run. It may contain kernels with
    /// constant arguments, and copies between buffers of the device and <see cref="HostBuffer{T}"/>. It must have run once before, and must
    /// not wait, allocate or free. On other devices each <see cref="CapturedWork.Launch"/> calls it.
    /// </summary>
    /// <exception cref="DeviceException">The work cannot be captured.</exception>
    public CapturedWork Capture(Action work)
    {
        ArgumentNullException.ThrowIfNull(work);
        return new CapturedWork(this, work);
    }
}
