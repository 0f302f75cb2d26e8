using Blip.Runtime.Generation;
using Blip.Runtime.Imaging;

namespace Blip.Runtime.Pipelines;

/// <content>A batch through the device.</content>
public sealed partial class Captioner
{
    private const string NoCaption =
        "the model gave no word a probability. Its weights are damaged or too large for the precision (try fp32), or the options forbid every word.";

    private CaptionPlan Plan(CaptionOptions? options) => new(options ?? new CaptionOptions(), Defaults, model.Config.Text, tokenizer);

    /// <summary>Runs a batch: a result for each picture, in order. What is wrong with one picture, its prompt included, is its own result.</summary>
    private CaptionResult[] Run(IReadOnlyList<DecodedImage> batch, CaptionPlan plan, Action<GeneratedToken>? onToken, CancellationToken cancellationToken)
    {
        turn.Wait(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            var results = new CaptionResult[batch.Count];
            var (places, prompts) = Upload(batch, plan, results);
            if (places.Count == 0)
                return results;

            cancellationToken.ThrowIfCancellationRequested();
            var (height, width) = (preprocessor.Processing.Height, preprocessor.Processing.Width);
            model.Encode(places.Count, height, width);
            var sequences = generator.Generate(model, prompts, plan.Specials, plan.Generation, streams: null, onToken, cancellationToken);
            for (var i = 0; i < places.Count; i++)
            {
                var (source, image, _) = batch[places[i]];
                results[places[i]] = sequences[i] is [{ Score: var score }, ..] && double.IsFinite(score)
                    ? CaptionResult.Of(source, ToCaption(sequences[i], plan), plan.Attention ? image : null)
                    : CaptionResult.Failed(source, $"{source.Name}: {NoCaption}");
            }
            return results;
        }
        finally
        {
            turn.Release();
        }
    }

    // Pictures that can be used lie in the pixel buffer without gaps; the others have their results at once.
    private (List<int> Places, List<int[]> Prompts) Upload(IReadOnlyList<DecodedImage> batch, CaptionPlan plan, CaptionResult[] results)
    {
        var (places, prompts) = (new List<int>(batch.Count), new List<int[]>(batch.Count));
        var pixels = model.PixelBuffer(batch.Count, preprocessor.Processing.Height, preprocessor.Processing.Width);
        for (var i = 0; i < batch.Count; i++)
        {
            var (source, image, error) = batch[i];
            if (image is null)
            {
                results[i] = CaptionResult.Failed(source, error!);
                continue;
            }
            try
            {
                var prompt = plan.Prompt(source);
                preprocessor.Write(image, pixels.SubView((long)places.Count * preprocessor.OutputLength, preprocessor.OutputLength), source.Name);
                places.Add(i);
                prompts.Add(prompt);
            }
            catch (ImageException e)
            {
                results[i] = CaptionResult.Failed(source, e.Message);
            }
            catch (ArgumentException e) when (e.ParamName == nameof(CaptionOptions.Prompt))
            {
                results[i] = CaptionResult.Failed(source, $"{source.Name}: {e.Message}");
            }
        }
        return (places, prompts);
    }

    private Caption ToCaption(IReadOnlyList<GeneratedSequence> sequences, CaptionPlan plan)
    {
        var best = ToCaption(sequences[0]);
        return best with
        {
            Alternatives = [.. sequences.Skip(1).Select(ToCaption)],
            Attention = plan.Attention ? ToAttention(sequences[0]) : [],
        };
    }

    private Caption ToCaption(GeneratedSequence sequence) => new(tokenizer?.Decode(sequence.Tokens), sequence.Tokens, sequence.Score);

    private List<WordAttention> ToAttention(GeneratedSequence sequence)
    {
        var patch = model.Config.Vision.PatchSize;
        var (height, width) = (preprocessor.Processing.Height / patch, preprocessor.Processing.Width / patch);
        return WordAttentions.Of(sequence.Attention!, height, width, WordSpan.Of(Pieces(sequence.Tokens)));
    }

    private string[] Pieces(int[] tokens) => [.. tokens.Select((token, position) => tokenizer is not null
        ? tokenizer.Piece(token, skipSpecial: true, first: false)
        : position == 0 || token == model.Config.Text.SepTokenId ? "" : $" {token}")];
}
