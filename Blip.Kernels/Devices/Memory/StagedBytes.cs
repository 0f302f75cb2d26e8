using ILGPU;

namespace Blip.Kernels.Devices;

/// <summary>
/// Bytes in an <see cref="UploadStage"/>. Dispose them on the device's thread once their reader is queued. The collector frees dropped
/// ones.
/// </summary>
public sealed class StagedBytes : IDisposable
{
    private readonly StageHalf half;
    private readonly int offset, length;
    private bool released;

    internal StagedBytes(StageHalf half, int offset, int length) => (this.half, this.offset, this.length) = (half, offset, length);

    /// <summary>Frees a dropped place: a reader of many images may stop early.</summary>
    ~StagedBytes()
    {
        if (!released)
            half.Forget();
    }

    /// <summary>The bytes on the device; work queued from now on follows their copy. Only on the device's thread.</summary>
    /// <exception cref="ObjectDisposedException">They were returned.</exception>
    public ArrayView<byte> OnDevice()
    {
        ObjectDisposedException.ThrowIf(released, this);
        return half.OnDevice(offset, length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (released)
            return;
        released = true;
        GC.SuppressFinalize(this);
        half.Release();
    }

    /// <summary>Returns the place unread, on any thread.</summary>
    public void Abandon()
    {
        if (released)
            return;
        released = true;
        half.Forget();
    }

    internal void Send(ReadOnlySpan<byte> bytes) => half.Send(bytes, offset);
}
