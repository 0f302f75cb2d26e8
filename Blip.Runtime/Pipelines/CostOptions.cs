using Blip.Kernels.Devices;
using Blip.Runtime.Models;

namespace Blip.Runtime.Pipelines;

/// <summary>What a cost is counted for.</summary>
public sealed record CostOptions
{
    /// <summary>The kind of device: how often the host launches, and, on CUDA (sm_80 and later), which values lie in 16 bits between products of 16 bits.</summary>
    public DeviceKind Device { get; init; } = DeviceKind.Cuda;

    /// <summary>How the decoder's matrices are kept.</summary>
    public Precision Precision { get; init; } = Precision.Fp32;

    /// <summary>How the image encoder's are; null: what goes with <see cref="Precision"/>.</summary>
    public Precision? EncoderPrecision { get; init; }

    /// <summary>Images of a batch.</summary>
    public int BatchSize { get; init; } = 1;

    /// <summary>Beams of the search; 1 is greedy search.</summary>
    public int NumBeams { get; init; } = 1;

    /// <summary>Tokens of each caption, its start token not counted.</summary>
    public int Tokens { get; init; } = 20;

    /// <summary>Columns of each image as it comes.</summary>
    public int ImageWidth { get; init; } = 640;

    /// <summary>Rows of each image as it comes.</summary>
    public int ImageHeight { get; init; } = 480;

    /// <summary>Checks the numbers.</summary>
    /// <exception cref="ArgumentException">One is out of range; the message names it and says what it may be.</exception>
    internal void Validate(int maxPositions)
    {
        Within(BatchSize, 1, PipelineOptions.MaxBatchSize, nameof(BatchSize));
        Within(NumBeams, 1, Generation.GenerationOptions.MaxBeams, nameof(NumBeams));
        Within(Tokens, 1, maxPositions - 1, nameof(Tokens));
        Within(ImageWidth, 1, 1 << 14, nameof(ImageWidth));
        Within(ImageHeight, 1, 1 << 14, nameof(ImageHeight));

        static void Within(int value, int least, int most, string name)
        {
            if (value < least || value > most)
                throw new ArgumentException($"{name} is {value}; give {least} to {most}.", name);
        }
    }
}
