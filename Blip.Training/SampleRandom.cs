using System.IO.Hashing;
using System.Text;
using Blip.Kernels;

namespace Blip.Training;

/// <summary>Each purpose has a separate sequence of random numbers.</summary>
internal enum RandomPurpose
{
    /// <summary>The box of a crop.</summary>
    Crop,

    /// <summary>Whether an image is mirrored.</summary>
    Flip,

    /// <summary>The operations on an image.</summary>
    Operations,

    /// <summary>The order of samples.</summary>
    Order,

    /// <summary>The choice of an image's text.</summary>
    Text,

    /// <summary>Hard negatives.</summary>
    Negatives,

    /// <summary>A queue's initial features.</summary>
    Queue,

    /// <summary>LoRA's initial A.</summary>
    Adapter,

    /// <summary>Whether two images change sides.</summary>
    Sides,
}

/// <summary>
/// Random numbers that depend on seed, epoch, key and purpose alone (<see cref="Philox"/>), so not on workers or the order of samples.
/// </summary>
internal struct SampleRandom
{
    private const int WordsOfADraw = 4;

    private readonly ulong seed, sample;
    private readonly uint epoch, purpose;
    private uint drawn;

    /// <summary>The sequence of one sample, by its unique name, for one purpose.</summary>
    public SampleRandom(long seed, int epoch, string key, RandomPurpose purpose)
    {
        (this.seed, this.epoch, this.purpose) = ((ulong)seed, (uint)epoch, (uint)purpose);
        sample = XxHash64.HashToUInt64(Encoding.UTF8.GetBytes(key));
    }

    /// <summary>A number in [0, 1) with 32 random bits.</summary>
    public double Next()
    {
        var word = drawn++;
        var counter = (purpose << 24) | (word / WordsOfADraw);
        return Philox.Draw(seed, counter, epoch, (uint)sample, (uint)(sample >> 32), (int)(word % WordsOfADraw)) * (1.0 / (1L << 32));
    }

    /// <summary>A number from lowest (inclusive) to highest (exclusive).</summary>
    public double Between(double lowest, double highest) => lowest + ((highest - lowest) * Next());

    /// <summary>A whole number from 0 to below a positive bound.</summary>
    public int Below(int bound) => (int)(Next() * bound);
}
