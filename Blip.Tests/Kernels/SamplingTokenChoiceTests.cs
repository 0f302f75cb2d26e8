using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.References;

namespace Blip.Tests.Kernels;

public class SamplingTokenChoiceTests
{
    private const ulong Seed = 77;

    [Fact]
    public void The_random_words_are_those_of_the_publication()
    {
        // The known answers that come with the authors' library.
        Assert.Equal([0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u], Words(0, 0, 0, 0, 0));
        Assert.Equal([0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu],
            Words(ulong.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue));
        Assert.Equal([0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u],
            Words(0x299f31d0a4093822, 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344));

        static uint[] Words(ulong key, uint c0, uint c1, uint c2, uint c3) =>
            [.. Enumerable.Range(0, 4).Select(word => Philox.Draw(key, c0, c1, c2, c3, word))];
    }

    [Fact]
    public void Noise_agrees_with_its_formula_in_double()
    {
        var noises = Enumerable.Range(0, 100_000).Select(token => (
            Actual: Philox.Gumbel(Seed, 9, 3, 11, token),
            Expected: TokenChoiceReference.Gumbel(Philox.Draw(Seed, (uint)token >> 2, (3u << 16) ^ 11, 9, 0, token & 3)))).ToArray();
        // Below -1 the float v is near 1 and has few digits of 1 - v left; such noise hardly ever wins.
        Assert.All(noises.Where(noise => noise.Expected > -1), noise => Assert.Equal(noise.Expected, noise.Actual, 4e-6));
        Assert.All(noises, noise => Assert.Equal(noise.Expected, noise.Actual, 5e-2));
        // Mean and variance of the distribution: Euler's constant and π² / 6, within four standard errors.
        var mean = noises.Average(noise => (double)noise.Actual);
        Assert.Equal(0.5772, mean, 0.0163);
        Assert.Equal(Math.PI * Math.PI / 6, noises.Average(noise => Math.Pow(noise.Actual - mean, 2)), 0.044);
    }

    [Fact]
    public void Views_that_are_too_short_are_refused()
    {
        using var device = Device.Open("cpu");
        using var floats = device.Allocate<float>(10);
        var args = new TokenChoiceArgs
        {
            Scores = floats.View,
            Logits = floats.View,
            Rows = 3,
            RowsPerSource = 1,
            RowsPerImage = 1,
            Vocabulary = 4,
            Capacity = 5,
        };
        Assert.Contains("Scores holds 10", Assert.Throws<ArgumentException>(() => TokenChoice.Run(device, args)).Message,
            StringComparison.Ordinal);
        args.Vocabulary = 3;
        Assert.Contains("History holds 0", Assert.Throws<ArgumentException>(() => TokenChoice.Run(device, args)).Message,
            StringComparison.Ordinal);
    }
}
