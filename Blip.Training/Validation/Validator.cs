using System.Collections.Concurrent;
using System.Diagnostics;
using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Text;
using Blip.Datasets;
using Blip.Evaluation;
using Blip.Runtime.Generation;
using Blip.Runtime.Imaging;
using Blip.Runtime.Pipelines;
using Blip.Training.Data;

namespace Blip.Training.Validation;

/// <summary>
/// Scores a written model on held-out data, as <c>blip eval</c> does. Images are read batch by batch; only texts and vectors stay in
/// memory.
/// </summary>
internal sealed class Validator(ITrainingSource source, TrainingOptions options)
{
    private const int TextsAtOnce = 64;

    // VQA's rule needs three other people. With fewer, any given answer is right.
    private const int LeastPeople = 4;

    private readonly List<string> failures = [];

    /// <summary>Scores the model of a folder.</summary>
    /// <exception cref="TrainingException">The data cannot be read or used.</exception>
    public async Task<ValidationScore> MeasureAsync(string model, CancellationToken cancellationToken)
    {
        failures.Clear();
        return await ScoreAsync(model, cancellationToken).ConfigureAwait(false);
    }

    private async Task<ValidationScore> ScoreAsync(string model, CancellationToken cancellationToken) => options.Task switch
    {
        TrainingTask.Caption => await CaptionsAsync(model, cancellationToken).ConfigureAwait(false),
        TrainingTask.Match => await RecallAsync(model, cancellationToken).ConfigureAwait(false),
        TrainingTask.Vqa => await AnswersAsync(model, cancellationToken).ConfigureAwait(false),
        TrainingTask.Nlvr => await SentencesAsync(model, cancellationToken).ConfigureAwait(false),
        TrainingTask.Pretrain => ValidationScore.Of(
        [
            await RecallAsync(model, cancellationToken).ConfigureAwait(false),
            await CaptionsAsync(model, cancellationToken).ConfigureAwait(false),
        ]),
        _ => throw new ArgumentOutOfRangeException(nameof(model), options.Task, "There is no such task."),
    };

    /// <summary>Images that the last measurement could not read, with reasons.</summary>
    public IReadOnlyList<string> Failures => failures;

    /// <summary>The hash of keys and texts, in order, after opening.</summary>
    public string? Fingerprint { get; private set; }

    /// <summary>Reads the texts once and checks for a usable sample.</summary>
    /// <exception cref="TrainingException">There is none.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        var (hash, usable) = (new XxHash128(), 0);
        await foreach (var sample in SamplesAsync(cancellationToken).ConfigureAwait(false))
        {
            hash.Append(Encoding.UTF8.GetBytes(string.Join('\n', [sample.Key, .. sample.Texts, .. sample.People])));
            usable++;
        }
        CheckAny(usable);
        Fingerprint = Convert.ToHexStringLower(hash.GetCurrentHash());
    }

    private async Task<ValidationScore> CaptionsAsync(string model, CancellationToken cancellationToken)
    {
        using var captioner = Captioner.Load(
            model, new CaptionerOptions { Device = options.Device, Images = new ImageDecoderOptions { MaxPixels = options.MaxPixels } });
        var how = new CaptionOptions
        {
            Prompt = options.Prompt.Length > 0 ? options.Prompt : null,
            KeepPrompt = false,
            Generation = new GenerationOptions { MaxLength = options.MaxTokens },
        };
        var (references, captions) = (new ConcurrentQueue<IReadOnlyList<string>>(), new List<CaptionSample>());
        var images = SamplesAsync(cancellationToken).Select(sample =>
        {
            references.Enqueue(sample.Texts);
            return Image(sample);
        });
        await foreach (var result in captioner.CaptionAllAsync(images, how, cancellationToken).ConfigureAwait(false))
        {
            var texts = Next(references);
            if (result.Caption?.Text is { } text)
                captions.Add(new CaptionSample(text, texts));
            else
                failures.Add($"{result.Source.Name}: {result.Error}");
        }
        CheckAny(captions.Count);
        var scores = CaptionMetrics.Score(captions).Corpus;
        return new(
            new Dictionary<string, double>
            {
                ["cider"] = scores.Cider,
                ["bleu4"] = scores.Bleu[^1],
                ["word_for_word"] = captions.Average(one => one.References.Contains(one.Candidate) ? 1.0 : 0),
            },
            "cider");
    }

    private async Task<ValidationScore> RecallAsync(string model, CancellationToken cancellationToken)
    {
        using var embedder = Embedder.Load(
            model, new EmbedderOptions { Device = options.Device, Images = new() { MaxPixels = options.MaxPixels } });
        var (pending, images, texts, owners) =
            (new ConcurrentQueue<IReadOnlyList<string>>(), new List<float[]>(), new List<float[]>(), new List<int>());
        var sources = SamplesAsync(cancellationToken).Select(sample =>
        {
            pending.Enqueue(sample.Texts);
            return Image(sample);
        });
        var said = new List<string>();
        await foreach (var result in embedder.EmbedImagesAsync(sources, cancellationToken).ConfigureAwait(false))
        {
            var own = Next(pending);
            if (!result.Succeeded)
            {
                failures.Add($"{result.Source.Name}: {result.Error}");
                continue;
            }
            images.Add(result.Vector);
            said.AddRange(own);
            owners.AddRange(own.Select(_ => images.Count - 1));
        }
        CheckAny(images.Count);
        foreach (var some in said.Chunk(TextsAtOnce))
            texts.AddRange(embedder.EmbedTexts(some, cancellationToken));
        var report = new RetrievalEvaluation(images, texts, owners).Score();
        return new(
            new Dictionary<string, double>
            {
                ["recall"] = report.Mean / 100,
                ["text_recall_at_1"] = report.ImageToText.At1 / 100,
                ["image_recall_at_1"] = report.TextToImage.At1 / 100,
            },
            "recall");
    }

    private async Task<ValidationScore> AnswersAsync(string model, CancellationToken cancellationToken)
    {
        using var answerer = QuestionAnswerer.Load(
            model, new QuestionAnswererOptions
            {
                Device = options.Device,
                Images = new ImageDecoderOptions { MaxPixels = options.MaxPixels }
            });
        var (pending, accuracies) = (new ConcurrentQueue<TrainingSample>(), new List<double>());
        var questions = SamplesAsync(cancellationToken).Select(sample =>
        {
            pending.Enqueue(sample);
            return new ImageText(Image(sample), sample.Texts[0]);
        });
        await foreach (var result in answerer.AnswerAllAsync(questions, cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            var sample = Next(pending);
            if (result.Answer?.Text is { } answer)
                accuracies.Add(Accuracy(answer, sample.People));
            else
                failures.Add($"{result.Source.Name}: {result.Error}");
        }
        CheckAny(accuracies.Count);
        return new(new Dictionary<string, double> { ["accuracy"] = accuracies.Average() }, "accuracy");
    }

    private async Task<ValidationScore> SentencesAsync(string model, CancellationToken cancellationToken)
    {
        using var comparer = ImageComparer.Load(
            model, new ImageComparerOptions
            {
                Device = options.Device,
                Images = new ImageDecoderOptions { MaxPixels = options.MaxPixels }
            });
        var (pending, right) = (new ConcurrentQueue<TrainingSample>(), new List<bool>());
        var pairs = SamplesAsync(cancellationToken).Select(sample =>
        {
            pending.Enqueue(sample);
            return new ImagePair(Image(sample), Image(sample, sample.Second!), sample.Texts[0]);
        });
        await foreach (var result in comparer.CompareAllAsync(pairs, cancellationToken).ConfigureAwait(false))
        {
            var sample = Next(pending);
            if (result.Comparison is { } said)
                right.Add(said.IsTrue == sample.IsTrue);
            else
                failures.Add($"{sample.Key}: {result.Error}");
        }
        CheckAny(right.Count);
        return new(new Dictionary<string, double> { ["accuracy"] = right.Average(one => one ? 1.0 : 0) }, "accuracy");
    }

    // Results keep the order of the images, which another thread reads.
    private static T Next<T>(ConcurrentQueue<T> read) =>
        read.TryDequeue(out var one) ? one : throw new UnreachableException("A result has no image.");

    private static double Accuracy(string answer, IReadOnlyList<string> people) => people.Count >= LeastPeople
        ? VqaAccuracy.Of(answer, people)
        : people.Any(person => VqaAnswer.Normalize(person) == VqaAnswer.Normalize(answer)) ? 1 : 0;

    private static ImageSource Image(TrainingSample sample) => Image(sample, sample.Image!);

    private static ImageSource Image(TrainingSample sample, SampleImage image) =>
        ImageSource.FromStream(() => new MemoryStream(image.Read()), sample.Key);

    private static void CheckAny(int count)
    {
        if (count == 0)
            throw new TrainingException("none of the data for validation can be used: name images with texts, as for training.");
    }

    private async IAsyncEnumerable<TrainingSample> SamplesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var part = 0; part < source.Parts.Count; part++)
        {
            await foreach (var sample in source.ReadAsync(part, cancellationToken).ConfigureAwait(false))
            {
                if (sample.Error is { } error)
                    failures.Add($"{sample.Key}: {error}");
                else if (sample is { Image: not null, Texts.Count: > 0 })
                    yield return sample;
            }
        }
    }
}
