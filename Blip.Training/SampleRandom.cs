using System.IO.Hashing;
using System.Text;
using Blip.Kernels;

namespace Blip.Training;

/// <summary>The purposes of random numbers; each has a separate sequence.</summary>
internal enum RandomPurpose
{
    /// <summary>The box of a random crop.</summary>
    Crop,

    /// <summary>Whether an image is mirrored.</summary>
    Flip,

    /// <summary>Which operations change an image, and how.</summary>
    Operations,

    /// <summary>The order of the samples.</summary>
    Order,

    /// <summary>Which of an image's texts is learned from.</summary>
    Text,

    /// <summary>Hard negatives of image-text matching.</summary>
    Negatives,

    /// <summary>The initial features of a queue.</summary>
    Queue,

    /// <summary>The initial A of LoRA.</summary>
    Adapter,

    /// <summary>Whether two images change sides.</summary>
    Sides,
}

/// <summary>
/// Random numbers that depend on seed, epoch, key and purpose alone (<see cref="Philox"/>). Any worker draws the same ones, in any order of
/// the samples.
/// </summary>
internal struct SampleRandom
{
    private const int WordsOfADraw = 4;

    private readonly ulong seed, sample;
    private readonly uint epoch, purpose;
    private uint drawn;

    /// <summary>The sequence of one sample for one purpose.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="epoch">The epoch, from 0.</param>
    /// <param name="key">The sample's name, unique in the data set.</param>
    /// <param name="purpose">The purpose of the numbers.</param>
    public SampleRandom(long seed, int epoch, string key, RandomPurpose purpose)
    {
        (this.seed, this.epoch, this.purpose) = ((ulong)seed, (uint)epoch, (uint)purpose);
        sample = XxHash64.HashToUInt64(Encoding.UTF8.GetBytes(key));
    }

    /// <summary>A number from 0 to below 1, of 32 bits.</summary>
    public double Next()
    {
        var word = drawn++;
        var counter = (purpose << 24) | (word / WordsOfADraw);
        return Philox.Draw(seed, counter, epoch, (uint)sample, (uint)(sample >> 32), (int)(word % WordsOfADraw)) * (1.0 / (1L << 32));
    }

    /// <summary>A number from a lowest one to below a highest one.</summary>
    public double Between(double lowest, double highest) => lowest + ((highest - lowest) * Next());

    /// <summary>A whole number from 0 to below a bound, which is above 0.</summary>
    public int Below(int bound) => (int)(Next() * bound);
}
