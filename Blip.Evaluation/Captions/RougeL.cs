namespace Blip.Evaluation;

/// <summary>ROUGE-L: the longest common subsequence of words (Lin 2004).</summary>
internal static class RougeL
{
    private const double Beta = 1.2;

    /// <summary>F-measure of the best precision and the best recall over the references, which need not be of the same one.</summary>
    public static double Score(CaptionSample sample)
    {
        // An empty caption is one empty word here, as in the evaluation code: it equals an empty reference.
        var words = sample.Candidate.Split(' ');
        var (precision, recall) = (0.0, 0.0);
        foreach (var reference in sample.References)
        {
            var others = reference.Split(' ');
            var common = (double)LongestCommonSubsequence(words, others);
            precision = Math.Max(precision, common / words.Length);
            recall = Math.Max(recall, common / others.Length);
        }
        return precision == 0 || recall == 0 ? 0 : (1 + (Beta * Beta)) * precision * recall / (recall + (Beta * Beta * precision));
    }

    // One row of the table at a time: memory grows with one text, not with the product of both.
    private static int LongestCommonSubsequence(string[] first, string[] second)
    {
        var row = new int[second.Length + 1];
        foreach (var word in first)
        {
            var diagonal = 0;
            for (var j = 1; j <= second.Length; j++)
            {
                var above = row[j];
                row[j] = word == second[j - 1] ? diagonal + 1 : Math.Max(above, row[j - 1]);
                diagonal = above;
            }
        }
        return row[^1];
    }
}
