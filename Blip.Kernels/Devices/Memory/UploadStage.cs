using System.Numerics;
using ILGPU.Runtime;

namespace Blip.Kernels.Devices;

/// <summary>
/// Bytes on their way to a device while it does earlier work. Two pieces of page-locked memory are filled in turn, each with a twin
/// on the device; copies between them run on a separate stream, and the device's stream waits for them where it reads. Any thread may add.
/// On devices without such streams the copy is made where the bytes are first used.
/// </summary>
public sealed class UploadStage : IDisposable
{
    /// <summary>Bytes of one half at most: some seven images of twelve megapixels. Larger images are uploaded later.</summary>
    public const int MaxHalfBytes = 1 << 28;

    private const int MinHalfBytes = 1 << 22;

    private readonly Lock turn = new();
    private readonly StageHalf[] halves;
    private readonly int images, maxHalfBytes;
    private int filling;
    private bool disposed;

    /// <summary>Makes a stage; memory is taken when something comes.</summary>
    /// <param name="device">Where to.</param>
    /// <param name="images">
    /// A half holds so many pieces like its first, where they are not too large, and 4 MiB at least: a batch, so that one is filled while the
    /// other is read.
    /// </param>
    public UploadStage(Device device, int images)
        : this(device, images, MaxHalfBytes)
    {
    }

    internal UploadStage(Device device, int images, int maxHalfBytes)
    {
        (this.images, this.maxHalfBytes) = (images, maxHalfBytes);
        halves = [new StageHalf(device), new StageHalf(device)];
    }

    /// <summary>
    /// Copies bytes to page-locked memory and begins to copy them to the device. Null where there is no room: the other half is still in use, or
    /// they are too many, or the machine has no such memory to give.
    /// </summary>
    public StagedBytes? TryAdd(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || bytes.Length > maxHalfBytes)
            return null;
        StagedBytes staged;
        lock (turn)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            if (!halves[filling].HasRoom(bytes.Length))
            {
                // An empty half may begin anew; a half that still holds something is left as it is.
                if (halves[filling].Held > 0)
                    filling = 1 - filling;
                if (halves[filling].Held > 0)
                    return null;
                try
                {
                    halves[filling].Begin((int)Math.Clamp(BitOperations.RoundUpToPowerOf2((ulong)bytes.Length * (ulong)images), (ulong)Math.Min(MinHalfBytes, maxHalfBytes), (ulong)maxHalfBytes));
                }
                catch (Exception e) when (e is DeviceException or AcceleratorException)
                {
                    // Page-locked memory is everybody's: where there is none, bytes go the old way.
                    return null;
                }
            }
            staged = halves[filling].Reserve(bytes.Length);
        }
        staged.Send(bytes);
        return staged;
    }

    /// <summary>Waits for copies in flight and frees the memory. Bytes that were staged may not be used any more.</summary>
    public void Dispose()
    {
        lock (turn)
        {
            disposed = true;
            foreach (var half in halves)
                half.Dispose();
        }
    }
}
