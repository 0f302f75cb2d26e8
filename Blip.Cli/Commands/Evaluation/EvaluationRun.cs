using Blip.Cli.Output;
using Blip.Evaluation;

namespace Blip.Cli.Commands;

/// <summary>Takes a model's answers over a data set: keeps the answers, reports the missing ones.</summary>
/// <param name="terminal">For messages.</param>
/// <param name="progress">Drawn meanwhile.</param>
/// <param name="writer">Where the answers are kept for a later run; null for nowhere.</param>
internal sealed class EvaluationRun(Terminal terminal, ProgressLine progress, ResultsWriter? writer)
{
    /// <summary>Takes the answers to their end; on an interruption the finished ones stay in the file.</summary>
    /// <param name="results">The answers, in the order of <paramref name="ids"/>.</param>
    /// <param name="ids">Each one's id.</param>
    /// <param name="read">An answer's text, or its error.</param>
    /// <returns>From id to answer, those of earlier runs among them.</returns>
    public async Task<IReadOnlyDictionary<EntryId, string>> RunAsync<T>(
        IAsyncEnumerable<T> results, IReadOnlyList<EntryId> ids, Func<T, (string? Text, string? Error)> read)
    {
        var answers = writer?.Results.ToDictionary() ?? [];
        var next = 0;
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

    /// <summary>Those of a data set that have an answer of the model; says so where some have none.</summary>
    /// <exception cref="UsageException">None has, or an answer is about something else.</exception>
    public static List<T> Answered<T>(Terminal terminal, IReadOnlyList<T> items, Func<T, EntryId> id, IReadOnlyDictionary<EntryId, string> answers, string things)
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
