using System.Numerics;
using ILGPU.Runtime;

namespace Blip.Kernels.Devices;

/// <summary>
/// Uploads bytes to a device during earlier work. Two page-locked halves are filled in turn, each with a twin on the device. A separate
/// stream copies between them, and the device's stream waits before it reads. Any thread may add. Devices without such streams copy at the
/// first use.
/// </summary>
public sealed class UploadStage : IDisposable
{
    /// <summary>The most bytes of a half: about seven images of twelve megapixels.</summary>
    public const int MaxHalfBytes = 1 << 28;

    private const int MinHalfBytes = 1 << 22;

    private readonly Lock turn = new();
    private readonly StageHalf[] halves;
    private readonly int images, maxHalfBytes;
    private int filling;
    private bool disposed;

    /// <summary>Makes a stage; memory is allocated with the first bytes.</summary>
    /// <param name="device">The target.</param>
    /// <param name="images">Pieces per half if all are like the first, usually a batch; a half has at least 4 MiB.</param>
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
    /// Copies bytes to page-locked memory and starts their copy to the device. Null without room: the other half is in use, they are too
    /// many, or the machine has no such memory left.
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
                // Only an empty half restarts.
                if (halves[filling].Held > 0)
                    filling = 1 - filling;
                if (halves[filling].Held > 0)
                    return null;
                try
                {
                    halves[filling].Begin(
                        (int)Math.Clamp(BitOperations.RoundUpToPowerOf2((ulong)bytes.Length * (ulong)images),
                        (ulong)Math.Min(MinHalfBytes, maxHalfBytes), (ulong)maxHalfBytes));
                }
                catch (Exception e) when (e is DeviceException or AcceleratorException)
                {
                    // All programs share page-locked memory: without it, bytes are uploaded later.
                    return null;
                }
            }
            staged = halves[filling].Reserve(bytes.Length);
        }
        staged.Send(bytes);
        return staged;
    }

    /// <summary>Waits for running copies and frees the memory. Staged bytes must not be used any more.</summary>
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
