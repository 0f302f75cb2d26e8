using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Blip.Runtime.Generation;
using Blip.Runtime.Tokenization;

namespace Blip.Runtime.Pipelines;

internal static class WordStream
{
    /// <summary>Checks that one sequence is asked for, and that there is a vocabulary.</summary>
    public static WordPieceTokenizer Check(GenerationOptions generation, WordPieceTokenizer? tokenizer)
    {
        if (generation.NumBeams > 1 || generation.NumReturnSequences > 1)
            throw new ArgumentException(
                "Words come one by one of one sequence only: set NumBeams and NumReturnSequences to 1.", nameof(generation));
        return tokenizer ?? throw new ArgumentException(
            "The model has no vocabulary, and so no words: give a VocabularyFile.", nameof(tokenizer));
    }

    /// <summary>
    /// Runs <paramref name="speak"/>, which passes all tokens to its action, and yields their text once no later token can change it. An
    /// exception follows the last word. A reader that leaves ends the work.
    /// </summary>
    public static async IAsyncEnumerable<string> Of(
        WordPieceTokenizer tokenizer, Func<Action<int>, CancellationToken, Task> speak,
            [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var words = Channel.CreateUnbounded<string>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var work = SpeakAsync(tokenizer.Stream(), speak, words.Writer, stop.Token);
        try
        {
            await foreach (var word in words.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
                yield return word;
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await work.ConfigureAwait(false);
        }
    }

    private static async Task SpeakAsync(
        DecodeStream text, Func<Action<int>, CancellationToken, Task> speak, ChannelWriter<string> words,
            CancellationToken cancellationToken)
    {
        try
        {
            await speak(token => Give(text.Append(token)), cancellationToken).ConfigureAwait(false);
            Give(text.Finish());
            words.Complete();
        }
        catch (Exception e)
        {
            words.Complete(e);
        }

        void Give(string word)
        {
            if (word.Length > 0)
                words.TryWrite(word);
        }
    }
}
