using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Tests.Cases;

namespace Blip.Tests.Kernels;

public class LogSoftmaxTests
{
    private const double Ulp = 1.0 / (1 << 23);

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void Every_case_agrees_with_the_formula_in_double(string id)
    {
        using var device = Variants.Open(id);
        foreach (var test in SamplingCases.All)
        {
            var logits = test.Make();
            var (scores, logSums) = Run(device, id, logits, test.Rows, test.Vocabulary, 1, normalize: true);
            for (var row = 0; row < test.Rows; row++)
            {
                var here = logits.Skip(row * test.Vocabulary).Take(test.Vocabulary).Select(value => (double)LogitsCase.Clean(value)).ToArray();
                var (expected, logSum) = LogSoftmaxReference.Row(here);
                Assert.Equal(logSum, logSums[row], Ulp * (64 + Math.Abs(logSum)));
                for (var token = 0; token < test.Vocabulary; token++)
                {
                    var (wanted, actual) = (expected[token], scores[(row * test.Vocabulary) + token]);
                    var close = double.IsNegativeInfinity(wanted) ? float.IsNegativeInfinity(actual) : Math.Abs(wanted - actual) <= Ulp * (64 + (4 * Math.Abs(wanted)));
                    Assert.True(close, $"{test} on {id}: token {token} of row {row} is {actual:g9}, not {wanted:g9}");
                }
            }
        }
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void Without_normalisation_the_rows_are_copied_for_each_beam(string id)
    {
        using var device = Variants.Open(id);
        var logits = new LogitsCase(2, 131, LogitValues.Damaged).Make();
        var (scores, _) = Run(device, id, logits, 6, 131, 3, normalize: false);
        for (var row = 0; row < 6; row++)
            Assert.Equal(logits.Skip(row / 3 * 131).Take(131).Select(LogitsCase.Clean), scores.Skip(row * 131).Take(131));
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void A_row_gives_the_same_bits_alone_and_in_a_batch(string id)
    {
        using var device = Variants.Open(id);
        var logits = new LogitsCase(9, 1021).Make();
        var (batch, _) = Run(device, id, logits, 9, 1021, 1, normalize: true);
        foreach (var row in new[] { 0, 4, 8 })
            Assert.Equal(batch[(row * 1021)..((row + 1) * 1021)], Run(device, id, logits[(row * 1021)..((row + 1) * 1021)], 1, 1021, 1, normalize: true).Scores);
    }

    private static (float[] Scores, float[] LogSums) Run(Device device, string id, float[] logits, int rows, int vocabulary, int rowsPerSource, bool normalize)
    {
        using var input = device.Upload<float>(logits);
        using var scores = device.Allocate<float>((long)rows * vocabulary);
        using var logSums = device.Allocate<float>(rows);
        var args = new LogSoftmaxArgs
        {
            Logits = input.View,
            Scores = scores.View,
            LogSums = logSums.View,
            Rows = rows,
            RowsPerSource = rowsPerSource,
            Vocabulary = vocabulary,
            Normalize = normalize,
        };
        LogSoftmax.Run(device, args, Variants.Portable(id));
        return (scores.ToArray(), logSums.ToArray());
    }
}
