using Blip.Runtime.Checkpoints;
using Blip.Runtime.Models;

namespace Blip.Bench.Workloads;

/// <summary>The costs of matching, embedding and answering, from a model's config.</summary>
/// <param name="config">The sizes.</param>
/// <param name="precision">The text towers'.</param>
/// <param name="encoderPrecision">The image encoder's, also for the image's keys and values.</param>
internal sealed class UnderstandingCost(BlipConfig config, Precision precision, Precision encoderPrecision)
{
    private readonly CaptionCost captioning = new(config, precision, encoderPrecision);
    private readonly TextConfig text = config.Text;

    /// <summary>Images, and texts read over them.</summary>
    public Cost Match(int images, int texts, int tokens) =>
        captioning.Encode(images) + captioning.CrossKeysValues(images) + Read(texts, tokens, images, readTokens: 1)
            + CaptionCost.Linear(precision, texts, text.HiddenSize, 2);

    /// <summary>Images to vectors.</summary>
    public Cost EmbedImages(int images) =>
        captioning.Encode(images, readTokens: 1)
            + CaptionCost.Linear(precision, images, config.Vision.HiddenSize, config.ImageTextHiddenSize);

    /// <summary>Texts to vectors.</summary>
    public Cost EmbedTexts(int texts, int tokens) =>
        Read(texts, tokens, images: 0, readTokens: 1) + CaptionCost.Linear(precision, texts, text.HiddenSize, config.ImageTextHiddenSize);

    /// <summary>Questions read over encoded images, to the inputs of the answers' decoder.</summary>
    public Cost Ask(int images, int questions, int tokens) =>
        Read(questions, tokens, images, tokens)
            + (text.Layers * CaptionCost.Linear(precision, questions * tokens, text.HiddenSize, 2 * text.HiddenSize));

    /// <summary>Images, questions and their answers.</summary>
    public Cost Answer(int images, int questions, int tokens, int answerTokens)
    {
        var cost = captioning.Encode(images) + captioning.CrossKeysValues(images) + Ask(images, questions, tokens);
        for (var context = 1; context <= answerTokens; context++)
            cost += captioning.Token(questions, 1, context, tokens);
        return cost;
    }

    // A text encoder over whole texts, and images if any. After its keys and values the last layer computes only the tokens that are read.
    private Cost Read(double texts, double tokens, int images, double readTokens)
    {
        double hidden = text.HiddenSize, all = texts * tokens;
        return ((text.Layers - 1) * Layer(all)) + Layer(texts * readTokens) + new Cost(0, sizeof(float) * 2 * all * hidden);

        Cost Layer(double rows)
        {
            var layer = CaptionCost.Linear(precision, all, hidden, 3 * hidden) + CaptionCost.Linear(precision, rows, hidden, hidden)
                + CaptionCost.Linear(precision, rows, hidden, text.IntermediateSize)
                    + CaptionCost.Linear(precision, rows, text.IntermediateSize, hidden)
                + new Cost(4 * rows * tokens * hidden, sizeof(float) * 4 * hidden);
            if (images > 0)
            {
                layer += (2 * CaptionCost.Linear(precision, rows, hidden, hidden))
                    + new Cost(4 * rows * captioning.ImageTokens * hidden,
                        sizeof(float) * ((2 * hidden) + (images * captioning.ImageTokens * 2 * hidden)));
            }
            return layer;
        }
    }
}
