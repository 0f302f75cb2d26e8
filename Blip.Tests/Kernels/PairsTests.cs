using System.Runtime.Intrinsics;
using Blip.Kernels;

namespace Blip.Tests.Kernels;

public class PairsTests
{
    [Fact]
    public void Products_by_shifts_are_those_of_the_processor()
    {
        Agrees<Pairs128>((a, b) => [.. Lanes(Pairs128.ProductsByShifts(Vector128.Create(a).AsInt32(), Vector128.Create(b).AsInt32()))]);
        Agrees<Pairs256>((a, b) => [.. Lanes(Pairs256.ProductsByShifts(Vector256.Create(a).AsInt32(), Vector256.Create(b).AsInt32()))]);
        Agrees<Pairs512>((a, b) => [.. Lanes(Pairs512.ProductsByShifts(Vector512.Create(a).AsInt32(), Vector512.Create(b).AsInt32()))]);
    }

    [Fact]
    public unsafe void Bytes_are_widened_with_their_signs()
    {
        Widens<Pairs128>();
        Widens<Pairs256>();
        Widens<Pairs512>();

        static void Widens<TPairs>()
            where TPairs : unmanaged, IPairs<TPairs>
        {
            var bytes = Enumerable.Range(0, 2 * TPairs.Count).Select(i => (sbyte)((i * 37) - 128)).ToArray();
            var shorts = new short[bytes.Length];
            fixed (sbyte* from = bytes)
            fixed (short* to = shorts)
                TPairs.Store(TPairs.Widen(from), to);
            Assert.Equal(bytes.Select(value => (short)value), shorts);
        }
    }

    private static unsafe void Agrees<TPairs>(Func<short[], short[], int[]> byShifts)
        where TPairs : unmanaged, IPairs<TPairs>
    {
        var random = new Random(3);
        for (var repetition = 0; repetition < 100; repetition++)
        {
            var a = Enumerable.Range(0, 2 * TPairs.Count).Select(i => i == repetition ? short.MaxValue : (short)random.Next(-32767, 32768)).ToArray();
            var b = Enumerable.Range(0, 2 * TPairs.Count).Select(i => (short)random.Next(-127, 128)).ToArray();
            int[] expected = [.. Enumerable.Range(0, TPairs.Count).Select(i => (a[2 * i] * b[2 * i]) + (a[(2 * i) + 1] * b[(2 * i) + 1]))];
            var sums = new float[TPairs.Count];
            fixed (short* pa = a, pb = b)
            fixed (float* to = sums)
                TPairs.AddTo(TPairs.MultiplyAdd(TPairs.Load(pa), TPairs.Load(pb), default), to);
            Assert.Equal(expected.Select(sum => (float)sum), sums);
            Assert.Equal(expected, byShifts(a, b));
        }
    }

    private static IEnumerable<int> Lanes(Vector128<int> vector) => Enumerable.Range(0, 4).Select(i => vector[i]);

    private static IEnumerable<int> Lanes(Vector256<int> vector) => Enumerable.Range(0, 8).Select(i => vector[i]);

    private static IEnumerable<int> Lanes(Vector512<int> vector) => Enumerable.Range(0, 16).Select(i => vector[i]);
}
