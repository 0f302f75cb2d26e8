using System.Diagnostics;
using Blip.Datasets;
using Blip.Evaluation;
using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Files;
using Blip.Runtime.Imaging;
using Blip.Training.Data;
using Blip.Training.Engine;
using Blip.Training.Metrics;
using Blip.Training.Saving;
using Blip.Training.Schedules;
using Blip.Training.Validation;

namespace Blip.Training;

/// <summary>
/// Trains a model on image-text data and writes it as a folder that every command loads. A stopped or killed run continues with the same
/// bits as an uninterrupted one.
/// </summary>
public sealed class Trainer : IDisposable
{
    /// <summary>The subfolder of the model that was best on validation data.</summary>
    public const string BestFolder = "best";

    // By then fp16's loss scale is 1.
    private const int MostLeftOut = 50;

    private static readonly TimeSpan ShortBatch = TimeSpan.FromSeconds(1);

    private readonly TrainingSetup setup;
    private readonly TrainingSet set;
    private readonly TrainingLoader loader;
    private readonly Validator? validator;
    private readonly LearningRateSchedule rates;
    private readonly GradientScale gradients;
    private RunPlace place;
    private TimeSpan batchTime;
    private long saved;

    private Trainer(TrainingSetup setup, TrainingSet set, TrainingLoader loader, Validator? validator)
    {
        (this.setup, this.set, this.loader, this.validator) = (setup, set, loader, validator);
        rates = new LearningRateSchedule(Options);
        gradients = new GradientScale(setup.Device);
        place = (setup.Restored ?? new RunPlace(0, 0, 0, set.Count, Data: set.Fingerprint)) with { Model = setup.Fingerprint };
        if (place.Validation is { } before && before != validator?.Fingerprint && place.Best is not null)
        {
            setup.Notices.Add("the data for validation are not those of before: the best checkpoint so far counts no more");
            place = place with { Best = null, Worse = 0 };
        }
        place = place with { Validation = validator?.Fingerprint };
    }

    /// <summary>Messages before the first step: findings about the data, and the run's cost.</summary>
    public IReadOnlyList<string> Summary =>
    [
        .. set.Report.Sentences(Options.MaxTokens, Options.MaxWords),
        .. setup.Notices,
        FormattableString.Invariant(
            $"{Trained.Count:N0} parameters are trained; weights, gradients and moments take {Trained.Bytes / 1e6:N0} MB"),
        .. setup.Learner.Scale.Notice(Options.Precision),
        FormattableString.Invariant(
            $"{TotalSteps:N0} steps of {Options.BatchSize * Options.Accumulate} images, {StepsPerEpoch:N0} in an epoch"),
        .. Cost(),
        .. Options.QueueSize > set.Count
            ? [$"the queue holds {Options.QueueSize:N0} pairs and the data set {set.Count:N0}: the same images come back in it as "
                + $"negatives; give a smaller QueueSize"]
            : Array.Empty<string>(),
        .. rates.Notice(StepsPerEpoch) is { } notice ? [notice] : Array.Empty<string>(),
        .. place.Step > 0 ? [FormattableString.Invariant($"goes on behind step {place.Step:N0}")] : Array.Empty<string>(),
    ];

    private TrainingOptions Options => setup.Options;

    private TrainedWeights Trained => setup.Learner.Model.Trained;

    private int StepsPerEpoch => loader.BatchesPerEpoch / Options.Accumulate;

    private bool IsPatienceOver => Options.Patience > 0 && place.Worse >= Options.Patience;

    private long TotalSteps => Math.Min(Options.Steps ?? long.MaxValue, (long)Options.Epochs * StepsPerEpoch);

    /// <summary>Opens a model and checks the data in one reading.</summary>
    /// <param name="model">The initial model: a folder, a file, or a name of the Hugging Face cache.</param>
    /// <param name="data">The training data.</param>
    /// <param name="output">The run's folder, which becomes the model's.</param>
    /// <param name="options">The options, for example from <see cref="TrainingRecipes"/>.</param>
    /// <param name="cancellationToken">Cancels the opening.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="TrainingException">Model, data or folder cannot be used; the message says why.</exception>
    public static async Task<Trainer> OpenAsync(
        string model, TrainingData data, string output, TrainingOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(model);
        ArgumentException.ThrowIfNullOrWhiteSpace(output);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        TrainingSetup? setup = null;
        try
        {
            setup = TrainingSetup.Open(model, output, options);
            var check = new DataCheck(
                setup.CountTokens, options.MaxTokens, limits: new ImageDecoderOptions { MaxPixels = options.MaxPixels })
            {
                UnknownWords = setup.UnknownWords,
            };
            var threads = options.LoaderThreads > 0 ? options.LoaderThreads : Environment.ProcessorCount;
            var set = await TrainingSet.OpenAsync(TrainingSources.Open(data, options), check, threads, cancellationToken)
                .ConfigureAwait(false);
            var loader = new TrainingLoader(set, options);
            if (loader.BatchesPerEpoch < options.Accumulate)
                throw new TrainingException(
                    $"the data set has {set.Count} pairs, which fill no step of {options.Accumulate} batches of {options.BatchSize}: give "
                        + $"a smaller Accumulate.");
            if (setup.Restored is { } restored && restored.Pairs != set.Count)
            {
                throw new TrainingException(
                    $"the data set has {set.Count} pairs, and had {restored.Pairs} when the run in {output} was stopped: "
                    + "it cannot go on with other data.");
            }
            if (setup.Restored?.Data is { } before && before != set.Fingerprint)
            {
                throw new TrainingException(
                    $"images or texts are not those that the run in {output} was begun with: it cannot go on with other data.");
            }
            var validator = data.Validation is { } heldOut ? new Validator(TrainingSources.Open(heldOut, options), options) : null;
            if (validator is null && options.Patience > 0)
                throw new TrainingException(
                    $"Patience is {options.Patience}, and there are no data to score checkpoints on: name validation data.");
            if (validator is not null)
                await validator.OpenAsync(cancellationToken).ConfigureAwait(false);
            var trainer = new Trainer(setup, set, loader, validator);
            await trainer.RehearseAsync(cancellationToken).ConfigureAwait(false);
            return trainer;
        }
        catch (Exception e) when (e is CheckpointException or DatasetException or AnnotationException)
        {
            setup?.Dispose();
            throw new TrainingException(e.Message, e);
        }
        catch
        {
            setup?.Dispose();
            throw;
        }
    }

    /// <summary>Trains to the end or to a cancellation; the progress is saved.</summary>
    /// <param name="progress">Receives each step, on the training thread; may be null.</param>
    /// <param name="cancellationToken">Stops after the current step.</param>
    /// <exception cref="TrainingException">An image can no longer be read, or a file cannot be written.</exception>
    public async Task<TrainingResult> RunAsync(Action<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        using var log = new MetricsLog(setup.Output, Options.Resume ? place.Step : null);
        var (clock, first) = (Stopwatch.StartNew(), place.Step);
        var alarms = new TrainingAlarms(setup.Config.Text.VocabularySize, Math.Max(1, setup.Learner.Candidates));
        saved = place.Step;
        var (stopped, leftOut) = (false, 0);
        if (setup.Restored is null)
            Write(() => TrainingState.Begin(setup.Output, setup.Settings));
        try
        {
            while (place.Step < TotalSteps && !stopped && !IsPatienceOver)
            {
                await foreach (var parts in StepsAsync().ConfigureAwait(false))
                {
                    var told = Step(parts, alarms);
                    leftOut = told.Skipped ? leftOut + 1 : 0;
                    if (leftOut == MostLeftOut)
                        throw new TrainingException(
                            $"{leftOut} steps in a row gave no number: the weights are beyond repair. Begin anew with a lower learning "
                                + $"rate.");
                    var perStep = clock.Elapsed / (place.Step - first);
                    if (DueToSave(told.Step))
                    {
                        told = await SavedAsync(told, cancellationToken).ConfigureAwait(false);
                        clock.Restart();
                        first = place.Step;
                    }
                    log.Write(told.Step, told.Epoch, Values(told));
                    progress?.Invoke(told with
                    {
                        ImagesPerSecond = Options.BatchSize * Options.Accumulate / perStep.TotalSeconds,
                        Remaining = perStep * (TotalSteps - told.Step),
                    });
                    stopped = cancellationToken.IsCancellationRequested && place.Step < TotalSteps;
                    if (stopped || IsPatienceOver || place.Step >= TotalSteps || place.StepOfEpoch == 0)
                        break;
                }
            }
        }
        catch (Exception e) when (e is DatasetException or TrainingException && leftOut < MostLeftOut)
        {
            if (saved != place.Step)
                Save();
            throw new TrainingException($"{e.Message} What was learned until then is saved: mend this, and go on by --resume.", e);
        }
        if (saved != place.Step || TrainingState.IsBegun(setup.Output) || setup.LacksFile)
            Save();
        return new TrainingResult(place.Step, stopped, setup.Output);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        gradients.Dispose();
        setup.Dispose();
    }

    // Measures a step's cost by the first batch, forward and back. A short one is timed again, without compilation.
    private async Task RehearseAsync(CancellationToken cancellationToken)
    {
        if (place.Step >= TotalSteps)
            return;
        var at = new StepPlace(place.Step, place.Epoch, place.StepOfEpoch, StepsPerEpoch);
        await foreach (var batch in loader.ReadAsync(place.Epoch, place.StepOfEpoch * Options.Accumulate, cancellationToken)
            .ConfigureAwait(false))
        {
            for (var run = 0; run == 0 || (run == 1 && batchTime < ShortBatch); run++)
            {
                var clock = Stopwatch.StartNew();
                setup.Learner.Rehearse(batch, at);
                batchTime = clock.Elapsed;
            }
            break;
        }
    }

    private IEnumerable<string> Cost()
    {
        if (batchTime == TimeSpan.Zero)
            yield break;
        var (step, left) = (batchTime * Options.Accumulate, TotalSteps - place.Step);
        var whole = step * left;
        var length = whole.TotalMinutes < 2
            ? FormattableString.Invariant($"{Math.Ceiling(whole.TotalSeconds):F0} seconds")
            : whole.TotalHours < 2
                ? FormattableString.Invariant($"{whole.TotalMinutes:F0} minutes")
                : FormattableString.Invariant($"{whole.TotalHours:F1} hours");
        yield return FormattableString.Invariant($"values between nodes take {setup.Learner.Model.WorkspaceBytes / 1e6:N0} MB");
        yield return FormattableString.Invariant($"a step takes about {step.TotalSeconds:0.##} s: {length} to the end");
    }

    // The rest of the epoch, grouped by step.
    private async IAsyncEnumerable<IReadOnlyList<IReadOnlyList<LoadedItem>>> StepsAsync()
    {
        var parts = new List<IReadOnlyList<LoadedItem>>();
        var batches = loader.ReadAsync(place.Epoch, place.StepOfEpoch * Options.Accumulate, CancellationToken.None);
        await foreach (var batch in batches.ConfigureAwait(false))
        {
            parts.Add(batch);
            if (parts.Count < Options.Accumulate)
                continue;
            yield return parts;
            parts = [];
        }
    }

    private async Task<TrainingProgress> SavedAsync(TrainingProgress told, CancellationToken cancellationToken)
    {
        WriteModel(setup.Output);
        var notices = told.Notices.ToList();
        var scores = await ScoreAsync(notices, cancellationToken).ConfigureAwait(false);
        SaveState();
        notices.Add($"saved in {setup.Output}");
        if (IsPatienceOver)
            notices.Add($"{place.Worse} checkpoints in a row were no better than the best: training ends here");
        return told with { Notices = notices, Validation = scores };
    }

    // A cancelled run skips the validation.
    private async Task<IReadOnlyDictionary<string, double>> ScoreAsync(List<string> notices, CancellationToken cancellationToken)
    {
        if (validator is null || cancellationToken.IsCancellationRequested)
            return new Dictionary<string, double>();
        try
        {
            var score = await validator.MeasureAsync(setup.Output, cancellationToken).ConfigureAwait(false);
            var isBest = score.Best > (place.Best ?? double.NegativeInfinity);
            place = place with { Best = isBest ? score.Best : place.Best, Worse = isBest ? 0 : place.Worse + 1 };
            if (isBest)
                WriteModel(Path.Combine(setup.Output, BestFolder));
            var figures = string.Join(", ", score.Values.Select(value => FormattableString.Invariant($"{value.Key} {value.Value:F4}")));
            notices.Add($"validation: {figures}{(isBest ? $"; the best so far, kept in {BestFolder}" : "")}");
            if (validator.Failures is { Count: > 0 } failures)
                notices.Add(FormattableString.Invariant(
                    $"validation left out {failures.Count:N0} that cannot be read, the first is {failures[0]}"));
            return score.Values;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return new Dictionary<string, double>();
        }
    }

    private TrainingProgress Step(IReadOnlyList<IReadOnlyList<LoadedItem>> parts, TrainingAlarms alarms)
    {
        var rate = rates.At(place.Epoch, place.StepOfEpoch);
        Trained.ClearGradients();
        var at = new StepPlace(place.Step, place.Epoch, place.StepOfEpoch, StepsPerEpoch);
        var losses = setup.Learner.Accumulate(parts, at).ToDictionary();
        Trained.CompleteGradients();
        var scale = setup.Learner.Scale;
        var lossScale = scale.Value;
        var (norm, isFinite) = gradients.Measure(
            Trained.Gradients, Options.ClipNorm > 0 ? Options.ClipNorm : double.PositiveInfinity, lossScale);
        if (isFinite)
            Trained.Step(new StepSettings(rate, Options.WeightDecay, Options.WeightDecayOn == WeightDecayScope.All), gradients.Factor);
        losses["loss"] = losses.Values.Sum();
        var told = new TrainingProgress(
            place.Step + 1, TotalSteps, place.Epoch, losses, rate, norm, 0, TimeSpan.Zero, !isFinite, Notices(losses, isFinite, alarms))
        {
            LossScale = scale.IsDynamic ? lossScale : null,
        };
        var next = place.StepOfEpoch + 1;
        place = next < StepsPerEpoch
            ? place with { Step = place.Step + 1, StepOfEpoch = next, Updates = Trained.Steps }
            : place with { Step = place.Step + 1, Epoch = place.Epoch + 1, StepOfEpoch = 0, Updates = Trained.Steps };
        return told;
    }

    private List<string> Notices(IReadOnlyDictionary<string, double> losses, bool isFinite, TrainingAlarms alarms)
    {
        var contrast = losses.TryGetValue("itc_image", out var image) ? image + losses["itc_text"] : (double?)null;
        var notices = alarms.Observe(new StepLosses(contrast, Find("itm"), Find("lm"), setup.Learner.Temperature)).ToList();
        if (setup.Learner.Scale.Observe(isFinite) is { } skipped)
            notices.Add(skipped);
        return notices;

        double? Find(string name) => losses.TryGetValue(name, out var loss) ? loss : null;
    }

    private bool DueToSave(long step) =>
        step >= TotalSteps || (Options.SaveSteps > 0 ? step % Options.SaveSteps == 0 : place.StepOfEpoch == 0);

    private void Save()
    {
        WriteModel(setup.Output);
        SaveState();
    }

    private void WriteModel(string folder) => Write(() => setup.WriteModel(folder));

    // After the model: a run killed between the two continues from the older state and writes the same model again.
    private void SaveState() => Write(() =>
    {
        TrainingState.Write(setup.Output, setup.Learner, place, setup.Settings);
        saved = place.Step;
    });

    private void Write(Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TrainingException($"{setup.Output}: the checkpoint cannot be written: {FailureReason.Of(e)}.", e);
        }
    }

    private static KeyValuePair<string, double>[] Values(TrainingProgress told) =>
    [
        .. told.Losses.Where(loss => loss.Key != "loss").Select(loss => KeyValuePair.Create($"loss/{loss.Key}", loss.Value)),
        new("loss", told.Losses["loss"]), new("learning_rate", told.LearningRate), new("gradient_norm", told.GradientNorm),
        .. told.LossScale is { } scale ? [new("loss_scale", scale)] : Array.Empty<KeyValuePair<string, double>>(),
        .. told.Validation.Select(score => KeyValuePair.Create($"validation/{score.Key}", score.Value)),
    ];
}
