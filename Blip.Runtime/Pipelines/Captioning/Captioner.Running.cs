using Blip.Runtime.Files;
using Blip.Runtime.Generation;
using Blip.Runtime.Models;

namespace Blip.Runtime.Pipelines;

/// <content>A batch through the device.</content>
public sealed partial class Captioner
{
    internal CaptionPlan Plan(CaptionOptions? options) => new(options ?? new CaptionOptions(), Defaults, rules, Config.Text, Tokenizer);

    /// <summary>Results in order. An image's error, or its prompt's, is its result.</summary>
    private CaptionResult[] Run(IReadOnlyList<DecodedImage> batch, CaptionPlan plan, CancellationToken cancellationToken) =>
        InTurn(() => RunBatch(batch, plan, cancellationToken), cancellationToken);

    /// <summary>The same in turn.</summary>
    private CaptionResult[] RunBatch(IReadOnlyList<DecodedImage> batch, CaptionPlan plan, CancellationToken cancellationToken) =>
        RunInTurn([.. batch.Select(decoded => Prompted(decoded, plan))], plan, streams: null, cancellationToken).Results;

    /// <summary>
    /// Captions a batch in turn. <paramref name="streams"/> holds each image's stream of random numbers; null gives all the same one.
    /// </summary>
    /// <returns>The results in order, and each image's encoded states; null for a refused image.</returns>
    internal (CaptionResult[] Results, EncodedImage?[] Images) RunInTurn(
        DecodedImage[] batch, CaptionPlan plan, IReadOnlyList<long>? streams, CancellationToken cancellationToken)
    {
        var (results, images) = (new CaptionResult[batch.Length], new EncodedImage?[batch.Length]);
        var places = Host.Upload(batch, model.Vision.PixelBuffer, (i, error) => results[i] = CaptionResult.Failed(batch[i].Source, error));
        if (places.Count == 0)
            return (results, images);

        cancellationToken.ThrowIfCancellationRequested();
        var (height, width) = (Host.Preprocessor.Processing.Height, Host.Preprocessor.Processing.Width);
        var states = model.Encode(places.Count, height, width);
        var prompts = places.ConvertAll(place => plan.Prompt(batch[place].Source));
        var streamOf = streams is null ? null : places.ConvertAll(place => streams[place]);
        var sequences = generator.Generate(
            model, prompts, plan.Specials, plan.Generation, streamOf, onToken: null, plan.Ends, cancellationToken);
        var rollouts = plan.Rollout ? model.Vision.Rollout(places.Count, height, width) : null;
        for (var i = 0; i < places.Count; i++)
        {
            var (source, image, _) = batch[places[i]];
            images[places[i]] = new EncodedImage(states, i);
            results[places[i]] = HasWords(sequences[i])
                ? CaptionResult.Of(
                    source, ToCaption(sequences[i], prompts[i], plan) with
                    {
                        Attention = plan.Attention
                    ? Attention(i, sequences[i][0], rollouts?[i])
                    : []
                    }, plan.Attention ? image : null)
                : NoWords(source);
        }
        return (results, images);
    }

    internal CaptionResult ToResult(ImageSource source, GeneratedSequence sequence, int[] prompt, CaptionPlan plan) =>
        HasWords([sequence]) ? CaptionResult.Of(source, ToCaption([sequence], prompt, plan), null) : NoWords(source);

    private static bool HasWords(IReadOnlyList<GeneratedSequence> sequences) =>
        sequences is [{ Score: var score }, ..] && double.IsFinite(score);

    private static CaptionResult NoWords(ImageSource source) => CaptionResult.Failed(source, $"{source.Name}: {GenerationPlan.NoWords}");

    private static DecodedImage Prompted(DecodedImage decoded, CaptionPlan plan)
    {
        if (!decoded.HasPixels)
            return decoded;
        try
        {
            plan.Prompt(decoded.Source);
            return decoded;
        }
        catch (ArgumentException e) when (e.ParamName == nameof(CaptionOptions.Prompt))
        {
            return decoded with { Image = null, Error = $"{decoded.Source.Name}: {FailureReason.Sentence(e)}" };
        }
    }

    private Caption ToCaption(IReadOnlyList<GeneratedSequence> sequences, int[] prompt, CaptionPlan plan)
    {
        var captions = sequences.Select(sequence => new Caption(Text(sequence.Tokens, prompt, plan), sequence.Tokens, sequence.Score))
            .ToList();
        return captions[0] with { Alternatives = captions[1..] };
    }

    private string? Text(int[] tokens, int[] prompt, CaptionPlan plan)
    {
        var text = Tokenizer?.Decode(tokens);
        return plan.KeepsPrompt || text is null ? text : text[Math.Min(text.Length, Tokenizer!.Decode(prompt).Length)..].TrimStart(' ');
    }

    private List<WordAttention> Attention(int image, GeneratedSequence sequence, float[]? rollout)
    {
        var seen = rollout is null ? sequence.Attention! : model.CrossAttention(image, sequence.Tokens, AttentionMethod.Rollout);
        return WordAttentions.Of(Host, seen, rollout, sequence.Tokens, WordAttentions.Written);
    }
}
