using System.Diagnostics;
using Blip.Runtime.Checkpoints;
using Blip.Training.Objectives;

namespace Blip.Training.Saving;

/// <summary>
/// The start of training: one head's model, or for pre-training a matcher and a captioner. A checkpoint of the first release has both, with
/// momentum copies and queues.
/// </summary>
internal sealed class StartingModel : IDisposable
{
    private readonly Stack<ITensorSource> owned = [];
    private readonly TrainingOptions options;

    private StartingModel(ModelSource files, TrainingOptions options)
    {
        (Files, this.options) = (files, options);
        try
        {
            if (HeadOf(options.Task) is { } head)
                OpenHead(head);
            else
                OpenBoth(options.Captioner);
            if (IsRead && options.Task is TrainingTask.Match or TrainingTask.Pretrain)
                ReadTemperature();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The initial model's files.</summary>
    public ModelSource Files { get; }

    /// <summary>The trained model's head; null for a file that several heads load.</summary>
    public BlipHead? Head { get; private set; }

    public ITensorSource Tensors { get; private set; } = null!;

    /// <summary>The momentum copies' start: the first release's copies, or the weights themselves.</summary>
    public ITensorSource Slow { get; private set; } = null!;

    /// <summary>All tensors of a checkpoint of the first release; null for other models.</summary>
    public ITensorSource? Whole { get; private set; }

    /// <summary>The tensors to write.</summary>
    public IReadOnlyList<string> Keys { get; private set; } = [];

    /// <summary>Tensors that the model lacks and that begin at random.</summary>
    public IReadOnlyList<string> Drawn { get; private set; } = [];

    /// <summary>Key of the decoder's output matrix; null if it is tied to the word embeddings or there is no decoder.</summary>
    public string? OutputMatrix { get; private set; }

    /// <summary>Contrast's initial temperature, from the checkpoint where it holds one.</summary>
    public float Temperature { get; private set; } = TrainedKeys.FirstTemperature;

    /// <summary>Opens a folder, a file, or a name of the Hugging Face cache.</summary>
    /// <exception cref="CheckpointException">A model cannot be used; the message says why.</exception>
    public static StartingModel Open(string model, TrainingOptions options) => new(ModelSource.Resolve(model), options);

    /// <inheritdoc/>
    public void Dispose()
    {
        while (owned.TryPop(out var source))
            source.Dispose();
    }

    // Random weights need only a config and a vocabulary.
    private bool IsRead => options.Init switch
    {
        InitialWeights.Model => true,
        InitialWeights.Random => false,
        _ => throw new UnreachableException($"No weights are known as {options.Init}."),
    };

    private static BlipHead? HeadOf(TrainingTask task) => task switch
    {
        TrainingTask.Caption => BlipHead.Captioning,
        TrainingTask.Match => BlipHead.Retrieval,
        TrainingTask.Vqa => BlipHead.VisualQuestionAnswering,
        TrainingTask.Nlvr => BlipHead.VisualReasoning,
        TrainingTask.Pretrain => null,
        _ => throw new ArgumentOutOfRangeException(nameof(task), task, "There is no such task."),
    };

    // Tied tensors are written once.
    private static IEnumerable<string> Written(Checkpoint checkpoint) =>
        checkpoint.Manifest.Parameters.Select(parameter => parameter.Key);

    private T Own<T>(T source)
        where T : ITensorSource
    {
        owned.Push(source);
        return source;
    }

    private void OpenHead(BlipHead head)
    {
        var checkpoint = Own(!IsRead
            ? FromSeed(head) : head == BlipHead.VisualReasoning && Files.Config.Head != head ? Completed(head)
            : Files.OpenCheckpoint(head));
        (Head, Tensors, Slow, Keys) = (head, checkpoint, checkpoint, [.. Written(checkpoint)]);
        if (!checkpoint.HasTiedOutput && checkpoint.TryGet(CheckpointKeys.OutputMatrix, out _))
            OutputMatrix = CheckpointKeys.OutputMatrix;
    }

    // NLVR2 begins with pre-training or another head; its new tensors are random (the authors' blip_nlvr.py).
    private Checkpoint Completed(BlipHead head)
    {
        var tensors = new ExtraTensorSource(Files.OpenTensors());
        using var drawn = new RandomTensorSource(Files.Config, head, options.Seed);
        Drawn = [.. ModelManifest.For(Files.Config, head).Parameters.Select(parameter => parameter.Key)
            .Where(key => !tensors.TryGet(key, out _)
                && (key.StartsWith("cls_head.", StringComparison.Ordinal) || key.Contains(".merge_layer.", StringComparison.Ordinal)))];
        foreach (var key in Drawn)
            tensors.Set(key, drawn.Get(key).Shape, drawn.ReadAll(key));
        return new Checkpoint(tensors, Files.Config, head);
    }

    private Checkpoint FromSeed(BlipHead head) => new(new RandomTensorSource(Files.Config, head, options.Seed), Files.Config, head);

    private void OpenBoth(string? captioner)
    {
        if (!IsRead)
        {
            OpenDrawn();
            return;
        }
        var other = captioner is null ? Files : ModelSource.Resolve(captioner);
        CheckSizes(Files.Config, other.Config, captioner ?? Files.Name);
        var matcher = Own(Checked(Files, BlipHead.Retrieval, captioner is not null));
        var decoder = Own(Checked(other, BlipHead.Captioning, captioner is not null));
        Tensors = new PairedTensorSource(matcher, decoder);
        Keys = [.. Written(matcher).Union(Written(decoder))];
        Slow = Tensors;
        if (captioner is not null)
            return;
        Whole = Own(Files.OpenTensors());
        Slow = MomentumTensorSource.Of(Whole) ?? Tensors;
    }

    // Tensors of both have the same values in both.
    private void OpenDrawn()
    {
        var (matcher, decoder) = (Own(FromSeed(BlipHead.Retrieval)), Own(FromSeed(BlipHead.Captioning)));
        Tensors = Slow = new PairedTensorSource(matcher, decoder);
        Keys = [.. Written(matcher).Union(Written(decoder))];
    }

    // No head includes it, so checked sources do not show it.
    private void ReadTemperature()
    {
        using var tensors = Files.OpenTensors();
        if (tensors.TryGet(TrainedKeys.Temperature, out var info) && info.ElementCount == 1)
            Temperature = tensors.ReadAll(TrainedKeys.Temperature)[0];
    }

    // A checkpoint of both has neither config.
    private static Checkpoint Checked(ModelSource files, BlipHead head, bool alone)
    {
        try
        {
            return alone ? files.OpenCheckpoint(head) : new Checkpoint(files.OpenTensors(), files.Config, head);
        }
        catch (CheckpointException e) when (!alone)
        {
            throw new CheckpointException(
                $"{e.Message} Pre-training begins with a checkpoint that holds matcher and decoder, or with a matcher and a captioner: "
                    + $"name both.", e);
        }
    }

    private static void CheckSizes(BlipConfig matcher, BlipConfig captioner, string name)
    {
        foreach (var (what, one, two) in ((string, int, int)[])
        [
            ("vocabulary", matcher.Text.VocabularySize, captioner.Text.VocabularySize),
            ("width of texts", matcher.Text.HiddenSize, captioner.Text.HiddenSize),
            ("inner width of texts", matcher.Text.IntermediateSize, captioner.Text.IntermediateSize),
            ("layers of texts", matcher.Text.Layers, captioner.Text.Layers), ("heads of texts", matcher.Text.Heads, captioner.Text.Heads),
            ("positions of texts", matcher.Text.MaxPositions, captioner.Text.MaxPositions),
            ("width of images", matcher.Vision.HiddenSize, captioner.Vision.HiddenSize),
        ])
        {
            if (one != two)
                throw new CheckpointException($"{name}: its {what} is {two}, and the matcher's {one}: their towers cannot share weights.");
        }
    }
}
