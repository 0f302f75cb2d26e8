using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;

namespace Blip.Runtime.Models;

/// <summary>
/// One run of generation on a device: the tokens to run, their positions, and the cache rows of each row's past. A row is one beam or
/// sample of an image; an image's rows are adjacent: <c>row = image * Beams + beam</c>.
/// </summary>
internal sealed class DecodingState : IDisposable
{
    private readonly MirroredMemory? owned;

    /// <summary>Allocates the buffers of a run.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A size is below 1.</exception>
    public DecodingState(Device device, int images, int beams, int capacity)
        : this(device, new MirroredMemory(device), images, beams, capacity)
    {
        owned = Memory;
        Memory.Allocate();
    }

    /// <summary>Adds the run's changing data to memory of another owner.</summary>
    internal DecodingState(Device device, MirroredMemory memory, int images, int beams, int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(images, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(beams, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        (Memory, Images, Beams, Capacity) = (memory, images, beams, capacity);
        Prompts = memory.Add<int>(checked(images * capacity));
        PromptLengths = memory.Add<int>(images);
        InputIds = memory.Add<int>(Rows);
        Start = memory.Add<int>(Rows);
        CacheRow = memory.Add<int>(checked(Rows * capacity));
        ImageRow = device.Upload<int>(Enumerable.Range(0, Rows).Select(row => row / beams).ToArray());
        FirstRow = device.Upload<int>(Enumerable.Range(0, images).Select(image => image * beams).ToArray());
    }

    public int Images { get; }

    public int Beams { get; }

    public int Rows => Images * Beams;

    /// <summary>Longest sequence in tokens; also the row stride of <see cref="CacheRow"/> and of the caches.</summary>
    public int Capacity { get; }

    /// <summary>Columns of <see cref="Prompts"/>: the longest prompt of this run.</summary>
    public int PromptTokens { get; internal set; }

    /// <summary>Positions visible to any row in the coming step: the largest <see cref="Start"/> + 1.</summary>
    public int KeyTokens { get; internal set; }

    /// <summary>Prompts, start token first, padded on the right, <c>[images, PromptTokens]</c>; the array may be longer.</summary>
    public MirroredArray<int> Prompts { get; }

    /// <summary>Tokens of each image's prompt, start token included, <c>[images]</c>.</summary>
    public MirroredArray<int> PromptLengths { get; }

    /// <summary>Each row's token in the coming step, <c>[rows]</c>.</summary>
    public MirroredArray<int> InputIds { get; }

    /// <summary>The position of that token, <c>[rows]</c>; 0 before the prefill.</summary>
    public MirroredArray<int> Start { get; }

    /// <summary>The cache row that holds position j of row r, <c>[rows, Capacity]</c>; valid for j up to <see cref="Start"/>.</summary>
    public MirroredArray<int> CacheRow { get; }

    /// <summary>The image of each row, <c>[rows]</c>.</summary>
    public DeviceBuffer<int> ImageRow { get; }

    /// <summary>Each image's first row, which keeps the prompt, <c>[images]</c>.</summary>
    public DeviceBuffer<int> FirstRow { get; }

    /// <summary>The memory of the arrays that change during the run, <see cref="Prompts"/> first.</summary>
    internal MirroredMemory Memory { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        owned?.Dispose();
        ImageRow.Dispose();
        FirstRow.Dispose();
    }
}

/// <summary>A file of packed weights beside a model; <paramref name="Flaw"/> tells why its header rules it out, or is null.</summary>
internal sealed record CacheState(string Path, long Bytes, string? Flaw)
{
    /// <exception cref="CheckpointException">The model's weights are damaged.</exception>
    public static IReadOnlyList<CacheState> Of(ModelSource source)
    {
        if (source.CacheFiles() is not [_, ..] files)
            return [];
        using var tensors = source.OpenTensors();
        return [.. files.Select(file =>
            new CacheState(file, new FileInfo(file).Length, new PackedCache(file, tensors, PackedWeights.LayoutVersion).Flaw()))];
    }
}
