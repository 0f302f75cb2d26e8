namespace Blip.Evaluation;

internal static class RougeL
{
    private const double Beta = 1.2;

    /// <summary>ROUGE-L (Lin 2004): F-measure of the best precision and the best recall, each over all references.</summary>
    public static double Score(CaptionSample sample)
    {
        // As in the evaluation code, an empty caption is one empty word, which equals an empty reference.
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

    // One row of the table at a time.
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
