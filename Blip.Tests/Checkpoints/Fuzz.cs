using Blip.Runtime.Checkpoints;
using CsCheck;

namespace Blip.Tests.Checkpoints;

/// <summary>
/// Damaged files: each must be read, or refused with a <see cref="CheckpointException"/>; nothing else, and never with much memory.
/// </summary>
internal static class Fuzz
{
    private const long MostBytes = 32 << 20;

    /// <summary>Reads copies of a file with bytes changed, half of them in its header, parts cut out and tails cut off.</summary>
    public static void Files(byte[] valid, int headerStart, int headerEnd, Action<string> read)
    {
        var place = Gen.OneOf(Gen.Int[headerStart, headerEnd - 1], Gen.Int[0, valid.Length - 1]);
        var change = Gen.Select(place, Gen.OneOf(Gen.Byte, Gen.OneOf<byte>(0, 1, 0x7F, 0x80, 0xFF, (byte)'0', (byte)'9', (byte)'"')));
        using var folder = new TemporaryFolder();
        Gen.Select(change.Array[0, 4], place, Gen.Int[0, 40]).Sample((changes, cut, cutLength) =>
        {
            var bytes = valid.ToArray();
            foreach (var (at, value) in changes)
                bytes[at] = value;
            if (cutLength > 20)
                bytes = cutLength == 40 ? bytes[..cut] : [.. bytes[..cut], .. bytes[Math.Min(cut + cutLength - 20, bytes.Length)..]];
            Refused(() => read(folder.Write("x", bytes)));
        }, iter: 1000, threads: 1);
    }

    public static bool Refused(Action read)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var refused = false;
        try
        {
            read();
        }
        catch (CheckpointException e)
        {
            Assert.EndsWith(".", e.Message);
            refused = true;
        }
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostBytes);
        return refused;
    }
}
