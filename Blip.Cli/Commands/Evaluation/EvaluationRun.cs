using Blip.Cli.Output;
using Blip.Evaluation;

namespace Blip.Cli.Commands;

/// <summary>
/// Collects a model's answers over a data set, in <paramref name="writer"/> too for a later run, and reports missing ones.
/// </summary>
internal sealed class EvaluationRun(Terminal terminal, ProgressLine progress, ResultsWriter? writer)
{
    /// <summary>
    /// Collects all answers; after an interruption the finished ones stay in the file. <paramref name="results"/>
    /// are in the order of <paramref name="ids"/>; the returned answers include those of earlier runs.
    /// </summary>
    public async Task<IReadOnlyDictionary<EntryId, string>> RunAsync<T>(
        IAsyncEnumerable<T> results, IReadOnlyList<EntryId> ids, Func<T, (string? Text, string? Error)> read)
    {
        var answers = writer?.Results.ToDictionary() ?? [];
        var next = 0;
        using var working = terminal.Working();
        progress.Show();
        try
        {
            await foreach (var result in results.MovingAsync(progress))
            {
                progress.Clear();
                var (text, error) = read(result);
                if (error is null)
                    Keep(ids[next], text!);
                else
                    terminal.Say(error);
                next++;
                progress.Advance();
            }
        }
        catch (OperationCanceledException)
        {
            progress.Clear();
            terminal.Say($"interrupted; {progress}{(writer is null ? "" : ", and go on with --resume")}");
            throw;
        }
        finally
        {
            progress.Clear();
        }
        return answers;

        void Keep(EntryId id, string text)
        {
            answers[id] = text;
            writer?.Append(id, text);
        }
    }

    /// <summary>The items that the model answered; reports how many have no answer.</summary>
    /// <exception cref="UsageException">No item has an answer, or an answer is about another item.</exception>
    public static List<T> Answered<T>(
        Terminal terminal, IReadOnlyList<T> items, Func<T, EntryId> id, IReadOnlyDictionary<EntryId, string> answers, string things)
    {
        var known = items.Select(id).ToHashSet();
        var strangers = answers.Keys.Where(answer => !known.Contains(answer)).Take(1).ToList();
        if (strangers is [var stranger])
            throw new UsageException($"the results are about {stranger}, which is not in the annotations: they are of different data.");
        var answered = items.Where(item => answers.ContainsKey(id(item))).ToList();
        if (answered.Count == 0)
            throw new UsageException($"none of the {items.Count} {things} has a result: there is nothing to score.");
        if (answered.Count < items.Count)
            terminal.Say($"{items.Count - answered.Count} of {items.Count} {things} have no result: the scores are those of the others");
        return answered;
    }
}
