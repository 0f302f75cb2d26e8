using System.Globalization;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Generation;
using Blip.Runtime.Imaging;
using Blip.Runtime.Models;
using Blip.Runtime.Pipelines;

namespace Blip.Runtime.Tracing;

/// <summary>Records every part's output for one image, under the reference's names.</summary>
internal static class ModelTracer
{
    /// <summary>Traces a caption: image encoder, decoder, tokens. Cancellation ends the work before the next token.</summary>
    /// <exception cref="ImageException">The image cannot be read; the message begins with its name.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static ModelTrace Caption(Captioner captioner, ImageSource image, CaptionOptions options, CancellationToken cancellationToken)
    {
        var plan = captioner.Plan(options);
        var prompt = plan.Prompt(image);
        return captioner.InTurn(
            () =>
            {
                var model = captioner.Model;
                var session = new TraceSession(captioner.Host, model);
                model.Use(session.Image(image));
                session.Ids("input_ids", prompt);
                var tokens = session.Generate(model, plan, prompt, cancellationToken);
                session.Decoder(model.Whole(RecordedOutputs.HiddenStates, tokens, tokens.Length, [0], [], null), tokens);
                return session.End(BlipHead.Captioning, image.Name, options.Prompt, captioner.Host.Tokenizer?.Decode(tokens));
            },
            cancellationToken);
    }

    /// <summary>
    /// Traces an answer: image encoder, the question's encoder, decoder, tokens. Cancellation ends the work before the next token.
    /// </summary>
    /// <inheritdoc cref="Caption" path="/exception"/>
    public static ModelTrace Answer(
        QuestionAnswerer answerer, ImageSource image, string question, AnswerOptions options, CancellationToken cancellationToken)
    {
        var (host, plan) = (answerer.Host, answerer.Plan(options));
        var ids = TextIds.Of(host, question, CompatRules.Of(host.Options.Compat).Question, "Question");
        return answerer.InTurn(
            () =>
            {
                var model = answerer.Model;
                var session = new TraceSession(host, model);
                var states = session.Image(image);
                session.Ids("input_ids", ids);
                // The question's keys and values are omitted; they follow from its states.
                session.Outputs(
                    model.QuestionPlan(RecordedOutputs.HiddenStates, states, [ids]),
                    output => output.StartsWith("text.", StringComparison.Ordinal) ? output : null);
                model.Ask(states, [ids]);
                var tokens = session.Generate(model, plan, plan.Start, cancellationToken);
                session.Decoder(model.Whole(RecordedOutputs.HiddenStates, tokens, tokens.Length, [0], [], null), tokens);
                return session.End(BlipHead.VisualQuestionAnswering, image.Name, question, host.Tokenizer?.Decode(tokens));
            },
            cancellationToken);
    }

    /// <summary>
    /// Traces a match: image encoder, text encoder over the image with its logits, and text encoder alone with the vectors. Cancellation
    /// ends the waiting for the device.
    /// </summary>
    /// <inheritdoc cref="Caption" path="/exception"/>
    public static ModelTrace Match(Matcher matcher, ImageSource image, string text, CancellationToken cancellationToken)
    {
        var host = matcher.Host;
        var rules = CompatRules.Of(host.Options.Compat);
        var (pair, alone) = (TextIds.Of(host, text, rules.MatchText, "Text"), TextIds.Of(host, text, rules.VectorText, "Text"));
        return matcher.InTurn(
            () =>
            {
                var model = matcher.Model;
                var session = new TraceSession(host, model);
                var states = session.Image(image);
                var first = pair[0] == model.Config.Text.EncoderTokenId ? "enc" : "cls";
                session.Ids($"{first}.input_ids", pair);
                session.Ids("cls.input_ids", alone);
                var last = $"text.hidden.{model.Config.Text.Layers}";
                session.Outputs(
                    model.MatchPlan(RecordedOutputs.HiddenStates, states, [pair]), output => Renamed(output, last, $"{first}.itm"));
                var logits = session.Tensors.Find($"{first}.itm")!;
                session.Outputs(model.TextPlan(RecordedOutputs.HiddenStates, [alone]), output => Renamed(output, last, "cls.itc"));
                var (vector, textVector) = (model.EmbedImages(states)[0], session.Tensors.Find("text_embeds")!);
                session.Tensors.Add("image_embeds", vector, 1, vector.Length);
                var cosine = Similarity.Cosine(vector, textVector);
                session.Tensors.Add("cls.itc", [(float)cosine], 1, 1);
                var probability = new MatchLogits(logits[0], logits[1]).Probability;
                var result = string.Create(CultureInfo.InvariantCulture, $"match {probability:0.0000}, cosine {cosine:0.0000}");
                return session.End(BlipHead.Retrieval, image.Name, text, result);
            },
            cancellationToken);

        // The reference returns the last state as the text's.
        static string Renamed(string output, string last, string prefix) => output switch
        {
            MatchingGraphs.Logits => prefix,
            MatchingGraphs.Embedding => "text_embeds",
            _ => output == last ? $"{prefix}.text" : output.Replace("text.", $"{prefix}.", StringComparison.Ordinal),
        };
    }

    /// <summary>
    /// Traces a comparison of two images: image encoder over both, text encoder over both with its logits. Cancellation ends the waiting
    /// for the device.
    /// </summary>
    /// <inheritdoc cref="Caption" path="/exception"/>
    public static ModelTrace Compare(
        ImageComparer comparer, ImageSource left, ImageSource right, string sentence, CancellationToken cancellationToken)
    {
        var (host, model) = (comparer.Host, comparer.Model);
        var ids = TextIds.Of(host, sentence, CompatRules.Sentence, "Text");
        return comparer.InTurn(
            () =>
            {
                var session = new TraceSession(host, model);
                var states = session.Frames(ImageComparer.Together(left, right));
                session.Ids("input_ids", ids);
                session.Outputs(
                    model.JudgePlan(RecordedOutputs.HiddenStates, states, [ids], [0], [1]),
                    output => output == ReasoningGraphs.Logits ? TracePlace.Judgement : output);
                var logits = session.Tensors.Find(TracePlace.Judgement)!;
                var probability = new JudgementLogits(logits[0], logits[1]).Probability;
                var result = string.Create(CultureInfo.InvariantCulture, $"true {probability:0.0000}");
                return session.End(BlipHead.VisualReasoning, $"{left.Name}, {right.Name}", sentence, result);
            },
            cancellationToken);
    }

    /// <summary>
    /// Traces a model without a task: image encoder, text encoder, the vectors and their product. Cancellation ends the waiting for the
    /// device.
    /// </summary>
    /// <inheritdoc cref="Caption" path="/exception"/>
    public static ModelTrace Embedding(Embedder embedder, ImageSource image, string text, CancellationToken cancellationToken)
    {
        var (host, model) = (embedder.Host, (ContrastiveModel)embedder.Model);
        var ids = TextIds.Of(host, text, CompatRules.Of(host.Options.Compat).VectorText, "Text");
        return embedder.InTurn(
            () =>
            {
                var session = new TraceSession(host, model);
                var states = session.Image(image);
                session.Ids("input_ids", ids);
                session.Outputs(model.TextPlan(RecordedOutputs.HiddenStates, [ids]), output => output switch
                {
                    ContrastiveGraphs.Features => "get_text_features",
                    ContrastiveGraphs.Embedding => "text_embeds",
                    ContrastiveGraphs.Pooled => "text.pooler_output",
                    _ => output,
                });
                var (vector, textVector) = (model.EmbedImages(states)[0], session.Tensors.Find("text_embeds")!);
                session.Tensors.Add("image_embeds", vector, 1, vector.Length);
                var score = Similarity.Cosine(vector, textVector) * model.LogitScale;
                session.Tensors.Add("logits_per_image", [(float)score], 1, 1);
                return session.End(BlipHead.Model, image.Name, text, string.Create(CultureInfo.InvariantCulture, $"logit {score:0.0000}"));
            },
            cancellationToken);
    }
}
