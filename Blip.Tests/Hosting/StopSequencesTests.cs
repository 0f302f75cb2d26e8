using Blip.Extensions.AI;
using CsCheck;

namespace Blip.Tests.Hosting;

public class StopSequencesTests
{
    // For any pieces of the text, the output is the part before the first sequence.
    [Fact]
    public void Pieces_do_not_matter() =>
        Gen.Select(Gen.String[Gen.Char['a', 'c'], 0, 3].Array[0, 12], Gen.String[Gen.Char['a', 'c'], 1, 4].Array[0, 3]).Sample(
            (pieces, sequences) =>
            {
                var text = string.Concat(pieces);
                var stops = new StopSequences(sequences);
                var said = string.Concat(pieces.Select(stops.Take)) + stops.Finish();

                // Of two sequences, one that ends earlier ends the text, even if the other began before it.
                Assert.Equal(sequences.Any(sequence => text.Contains(sequence, StringComparison.Ordinal)), stops.Stopped);
                Assert.Equal(text[..First(text, sequences)], said);
            },
            iter: 5000);

    private static int First(string text, string[] sequences)
    {
        for (var end = 1; end <= text.Length; end++)
        {
            var starts = sequences.Where(sequence => text[..end].EndsWith(sequence, StringComparison.Ordinal))
                .Select(sequence => end - sequence.Length).ToList();
            if (starts.Count > 0)
                return starts.Min();
        }
        return text.Length;
    }
}
