using Blip.Kernels;

namespace Blip.Verification.References;

/// <summary>The random generator follows its authors.</summary>
internal static class DropoutReference
{
    public static double[] Run(float[] x, int elementsPerDraw, float probability, ulong seed, int stream) =>
    [
        .. x.Select((value, i) => (double)(value * (float)Factor(probability, seed, i / elementsPerDraw, stream))),
    ];

    /// <summary>A draw's factor: 0, or the scale.</summary>
    public static double Factor(float probability, ulong seed, long draw, int stream) =>
        Draw(seed, (ulong)draw, (uint)stream) < Math.Round(probability * 4294967296.0) ? 0 : (float)(1 / (1 - (double)probability));

    // Philox4x32-10. The counter holds the draw / 4 and the stream; the remainder selects the output.
    private static uint Draw(ulong seed, ulong draw, uint stream)
    {
        uint[] counter = [(uint)(draw / 4), (uint)(draw / 4 >> 32), stream, 0];
        uint[] key = [(uint)seed, (uint)(seed >> 32)];
        for (var round = 0; round < 10; round++)
        {
            var (first, second) = (0xD2511F53ul * counter[0], 0xCD9E8D57ul * counter[2]);
            counter = [(uint)(second >> 32) ^ counter[1] ^ key[0], (uint)second, (uint)(first >> 32) ^ counter[3] ^ key[1], (uint)first];
            key = [key[0] + 0x9E3779B9, key[1] + 0xBB67AE85];
        }
        return counter[draw % 4];
    }
}
