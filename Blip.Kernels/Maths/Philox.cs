using System.Runtime.CompilerServices;

namespace Blip.Kernels;

/// <summary>
/// Counter-based random numbers, Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011). A draw depends on key and counter alone,
/// not on the device or other draws.
/// </summary>
public static class Philox
{
    private const uint M0 = 0xD2511F53, M1 = 0xCD9E8D57, W0 = 0x9E3779B9, W1 = 0xBB67AE85;

    /// <summary>One of a counter's four 32-bit words.</summary>
    /// <param name="key">The seed.</param>
    /// <param name="c0">Counter, lowest word.</param>
    /// <param name="c1">Second word.</param>
    /// <param name="c2">Third word.</param>
    /// <param name="c3">Highest word.</param>
    /// <param name="word">0 to 3.</param>
    public static uint Draw(ulong key, uint c0, uint c1, uint c2, uint c3, int word)
    {
        var (w0, w1, w2, w3) = Draw4(key, c0, c1, c2, c3);
        return word == 0 ? w0 : word == 1 ? w1 : word == 2 ? w2 : w3;
    }

    internal static (uint W0, uint W1, uint W2, uint W3) Draw4(ulong key, uint c0, uint c1, uint c2, uint c3)
    {
        var (k0, k1) = ((uint)key, (uint)(key >> 32));
        for (var round = 0; round < 10; round++)
        {
            var p0 = (ulong)M0 * c0;
            var p1 = (ulong)M1 * c2;
            c0 = (uint)(p1 >> 32) ^ c1 ^ k0;
            c1 = (uint)p1;
            c2 = (uint)(p0 >> 32) ^ c3 ^ k1;
            c3 = (uint)p0;
            k0 += W0;
            k1 += W1;
        }
        return (c0, c1, c2, c3);
    }

    /// <summary>
    /// Standard Gumbel noise. The largest of score + noise is a draw from softmax(score), the k largest are k draws without
    /// replacement (Gumbel 1954; Vieira 2014; Kool, van Hoof, Welling 2019, section 2.3).
    /// </summary>
    /// <param name="key">The seed.</param>
    /// <param name="stream">The image's stream.</param>
    /// <param name="sequence">Row of the image.</param>
    /// <param name="step">Number of tokens before the draw.</param>
    /// <param name="token">The noise's token.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Gumbel(ulong key, ulong stream, int sequence, int step, int token)
    {
        var bits = Draw(key, (uint)token >> 2, ((uint)sequence << 16) ^ (uint)step, (uint)stream, (uint)(stream >> 32), token & 3);
        // Small v win, and have a float's full relative precision.
        var v = (bits + 0.5f) * 2.3283064e-10f;
        v = v < 0.99999994f ? v : 0.99999994f;
        var exponential = v < 0.015625f
            ? v * (1f + (v * (0.5f + (v * (0.33333333f + (v * (0.25f + (v * 0.2f))))))))
            : -Maths.Log(1f - v);
        return -Maths.Log(exponential);
    }
}
