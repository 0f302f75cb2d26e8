using Blip.Bootstrapping.Tables;

namespace Blip.Bootstrapping.Engine;

internal static class TableSamples
{
    /// <summary>Reads the rows of each sample together.</summary>
    public static async IAsyncEnumerable<IReadOnlyList<Candidate>> ReadAsync(string path)
    {
        var rows = new List<Candidate>();
        await foreach (var row in CandidateTable.ReadAsync(path, CancellationToken.None).ConfigureAwait(false))
        {
            if (rows.Count > 0 && rows[0].Index != row.Index)
            {
                yield return rows;
                rows = [];
            }
            rows.Add(row);
        }
        if (rows.Count > 0)
            yield return rows;
    }
}
