using Blip.Kernels.Devices;

namespace Blip.Runtime.Models;

/// <summary>
/// One run of generation on a device: which tokens go in, at which position, and where each row finds its past.
/// A row is one beam (or one sample) of one image; rows of an image lie together: <c>row = image * Beams + beam</c>.
/// </summary>
public sealed class DecodingState : IDisposable
{
    /// <summary>Allocates the buffers of a run.</summary>
    /// <param name="device">Where.</param>
    /// <param name="images">Images at once.</param>
    /// <param name="beams">Rows per image: beams, or samples.</param>
    /// <param name="capacity">Longest sequence in tokens, start token and prompt counted.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is below 1.</exception>
    public DecodingState(Device device, int images, int beams, int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(images, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(beams, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        (Images, Beams, Capacity) = (images, beams, capacity);
        Prompts = device.Allocate<int>((long)images * capacity);
        PromptLengths = device.Allocate<int>(images);
        InputIds = device.Allocate<int>(Rows);
        Start = device.Allocate<int>(Rows);
        CacheRow = device.Allocate<int>((long)Rows * capacity);
        ImageRow = device.Allocate<int>(Rows);
        ImageRow.CopyFrom(Enumerable.Range(0, Rows).Select(row => row / beams).ToArray());
    }

    /// <summary>Images at once.</summary>
    public int Images { get; }

    /// <summary>Rows per image.</summary>
    public int Beams { get; }

    /// <summary>Rows: images × beams.</summary>
    public int Rows => Images * Beams;

    /// <summary>Longest sequence in tokens; also the stride of <see cref="CacheRow"/> and of a cache row.</summary>
    public int Capacity { get; }

    /// <summary>Columns of <see cref="Prompts"/>: the longest prompt of this run.</summary>
    public int PromptTokens { get; internal set; }

    /// <summary>Positions that any row sees in the coming step: the largest <see cref="Start"/> + 1.</summary>
    public int KeyTokens { get; internal set; }

    /// <summary>Prompts, start token first, padded on the right, <c>[images, PromptTokens]</c> (the buffer may be longer).</summary>
    public DeviceBuffer<int> Prompts { get; }

    /// <summary>Tokens of each image's prompt, start token counted, <c>[images]</c>.</summary>
    public DeviceBuffer<int> PromptLengths { get; }

    /// <summary>The token that each row runs in the coming step, <c>[rows]</c>.</summary>
    public DeviceBuffer<int> InputIds { get; }

    /// <summary>The position of that token, <c>[rows]</c>; 0 for every row before the prefill.</summary>
    public DeviceBuffer<int> Start { get; }

    /// <summary>Which cache row holds position j of row r, <c>[rows, Capacity]</c>; valid for j up to <see cref="Start"/>.</summary>
    public DeviceBuffer<int> CacheRow { get; }

    /// <summary>The image of each row, <c>[rows]</c>.</summary>
    public DeviceBuffer<int> ImageRow { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Prompts.Dispose();
        PromptLengths.Dispose();
        InputIds.Dispose();
        Start.Dispose();
        CacheRow.Dispose();
        ImageRow.Dispose();
    }
}
