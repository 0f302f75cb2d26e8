using Blip.Runtime.Generation;
using Blip.Runtime.Models;

namespace Blip.Runtime.Pipelines;

/// <content>A batch through the device.</content>
public sealed partial class Captioner
{
    private CaptionPlan Plan(CaptionOptions? options) => new(options ?? new CaptionOptions(), Defaults, rules, Config.Text, Tokenizer);

    /// <summary>Runs a batch: a result for each picture, in order. What is wrong with one picture, its prompt included, is its own result.</summary>
    private CaptionResult[] Run(IReadOnlyList<DecodedImage> batch, CaptionPlan plan, Action<GeneratedToken>? onToken, CancellationToken cancellationToken)
    {
        var pictures = batch.Select(picture => Prompted(picture, plan)).ToArray();
        return InTurn(() => RunInTurn(pictures, plan, onToken, cancellationToken), cancellationToken);
    }

    private CaptionResult[] RunInTurn(DecodedImage[] pictures, CaptionPlan plan, Action<GeneratedToken>? onToken, CancellationToken cancellationToken)
    {
        var results = new CaptionResult[pictures.Length];
        var places = Host.Upload(pictures, model.PixelBuffer, (i, error) => results[i] = CaptionResult.Failed(pictures[i].Source, error));
        if (places.Count == 0)
            return results;

        cancellationToken.ThrowIfCancellationRequested();
        model.Encode(places.Count, Host.Preprocessor.Processing.Height, Host.Preprocessor.Processing.Width);
        var prompts = places.ConvertAll(place => plan.Prompt(pictures[place].Source));
        var sequences = generator.Generate(model, prompts, plan.Specials, plan.Generation, streams: null, onToken, cancellationToken);
        var rollouts = plan.Rollout ? model.ImageRollout(places.Count, Host.Preprocessor.Processing.Height, Host.Preprocessor.Processing.Width) : null;
        for (var i = 0; i < places.Count; i++)
        {
            var (source, image, _) = pictures[places[i]];
            results[places[i]] = sequences[i] is [{ Score: var score }, ..] && double.IsFinite(score)
                ? CaptionResult.Of(source, ToCaption(sequences[i], prompts[i], plan) with { Attention = plan.Attention ? Attention(i, sequences[i][0], rollouts?[i]) : [] }, plan.Attention ? image : null)
                : CaptionResult.Failed(source, $"{source.Name}: {GenerationPlan.NoWords}");
        }
        return results;
    }

    private static DecodedImage Prompted(DecodedImage picture, CaptionPlan plan)
    {
        if (!picture.HasPixels)
            return picture;
        try
        {
            plan.Prompt(picture.Source);
            return picture;
        }
        catch (ArgumentException e) when (e.ParamName == nameof(CaptionOptions.Prompt))
        {
            return picture with { Image = null, Error = $"{picture.Source.Name}: {e.Message}" };
        }
    }

    private Caption ToCaption(IReadOnlyList<GeneratedSequence> sequences, int[] prompt, CaptionPlan plan)
    {
        var captions = sequences.Select(sequence => new Caption(Text(sequence.Tokens, prompt, plan), sequence.Tokens, sequence.Score)).ToList();
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
