using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Blip.Runtime.Generation;
using Blip.Runtime.Tokenization;

namespace Blip.Runtime.Pipelines;

/// <summary>The words of one sequence while the model says them.</summary>
internal static class WordStream
{
    /// <summary>Words come one by one of one sequence only.</summary>
    /// <exception cref="ArgumentException">Several are asked for, or the model has no words.</exception>
    public static WordPieceTokenizer Check(GenerationOptions generation, WordPieceTokenizer? tokenizer)
    {
        if (generation.NumBeams > 1 || generation.NumReturnSequences > 1)
            throw new ArgumentException("Words come one by one of one sequence only: set NumBeams and NumReturnSequences to 1.", nameof(generation));
        return tokenizer ?? throw new ArgumentException("The model has no vocabulary, and so no words: give a VocabularyFile.", nameof(tokenizer));
    }

    /// <summary>Runs <paramref name="speak"/> and gives out its text as soon as no later token can change it.</summary>
    /// <param name="tokenizer">Tokens to words.</param>
    /// <param name="speak">Says tokens to the action, the prompt's among them. Its exception reaches the reader where the words end.</param>
    /// <param name="cancellationToken">Ends it; a reader who leaves ends it, too.</param>
    public static async IAsyncEnumerable<string> Of(
        WordPieceTokenizer tokenizer, Func<Action<int>, CancellationToken, Task> speak, [EnumeratorCancellation] CancellationToken cancellationToken)
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
        DecodeStream text, Func<Action<int>, CancellationToken, Task> speak, ChannelWriter<string> words, CancellationToken cancellationToken)
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
