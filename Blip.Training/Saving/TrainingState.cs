using System.Runtime.InteropServices;
using System.Text.Json;
using Blip.Kernels;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Files;
using Blip.Training.Engine;

namespace Blip.Training.Saving;

/// <summary>The position of a saved run.</summary>
/// <param name="Step">Steps made.</param>
/// <param name="Epoch">The epoch of the next step.</param>
/// <param name="StepOfEpoch">The next step within it.</param>
/// <param name="Pairs">Pairs of the data set.</param>
/// <param name="Updates">Steps with a finite gradient, which changed the weights.</param>
/// <param name="Best">The best validation score; null before the first.</param>
/// <param name="Worse">Checkpoints since then that were no better.</param>
/// <param name="Data">The data's hash; null in older states.</param>
internal sealed record RunPlace(
    long Step, int Epoch, int StepOfEpoch, long Pairs, long Updates = 0, double? Best = null, int Worse = 0, string? Data = null)
{
    /// <summary>The initial model's hash; null in older states.</summary>
    public string? Model { get; init; }

    /// <summary>The validation data's hash; null without such data.</summary>
    public string? Validation { get; init; }
}

/// <summary>
/// The exact state of a run: weights, moments, momentum copies, queues, loss scale and position. It has separate weights, so it is
/// consistent even if the model beside it changes. Random numbers follow from seed and step.
/// </summary>
internal static class TrainingState
{
    public const string FileName = "training-state.safetensors";

    private const string Weight = "weight/", First = "first/", Second = "second/", Slow = "momentum/", ImageQueue = "queue/images",
        TextQueue = "queue/texts", Place = "place", Keys = "queue_keys", Pointer = "queue_pointer",
        Scale = "loss_scale", Settings = "settings";

    /// <summary>Writes the state; the older one is replaced once this one is complete.</summary>
    /// <exception cref="IOException">It cannot be written; the older one is intact.</exception>
    public static void Write(string folder, TaskLearner learner, RunPlace place, string settings)
    {
        var metadata = new Dictionary<string, string>
        {
            [Place] = JsonSerializer.Serialize(place),
            [Scale] = JsonSerializer.Serialize(learner.Scale.State),
            [Settings] = settings,
        };
        if (learner.Momentum is { } momentum)
        {
            metadata[Keys] = Convert.ToBase64String(MemoryMarshal.AsBytes(momentum.QueueKeys.ToArray().AsSpan()));
            metadata[Pointer] = JsonSerializer.Serialize(momentum.Pointer);
        }
        var tensors = Tensors(learner).ToList();
        ReplacedFile.Write(Path.Combine(folder, FileName), file =>
        {
            SafetensorsWriter.WriteHeader(
                file, tensors.Select(tensor => new TensorInfo(tensor.Name, DType.Float32, [tensor.Length])), metadata);
            foreach (var (_, _, read) in tensors)
                file.Write(MemoryMarshal.AsBytes<float>(read()));
        });
    }

    /// <summary>Marks a run without a checkpoint: it may begin anew in a folder with remains.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Begin(string folder, string settings) => ReplacedFile.Write(
        Path.Combine(folder, FileName),
        file => SafetensorsWriter.WriteHeader(file, [], new Dictionary<string, string> { [Settings] = settings }));

    /// <summary>Whether the run ended before its first checkpoint.</summary>
    /// <exception cref="CheckpointException">The file is damaged.</exception>
    public static bool IsBegun(string folder)
    {
        using var file = new SafetensorsFile(Path.Combine(folder, FileName));
        return !file.Metadata.ContainsKey(Place);
    }

    /// <summary>Reads a run's settings; null where there is no run.</summary>
    /// <exception cref="CheckpointException">The file is damaged.</exception>
    public static string? ReadSettings(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            return null;
        using var file = new SafetensorsFile(path);
        return file.Metadata.GetValueOrDefault(Settings) ?? throw Damaged(path);
    }

    /// <summary>Restores a run into a learner that was just made from the same model.</summary>
    /// <exception cref="CheckpointException">The file is damaged or belongs to another model.</exception>
    public static RunPlace Restore(string folder, TaskLearner learner)
    {
        var path = Path.Combine(folder, FileName);
        using var file = new SafetensorsFile(path);
        var place = JsonSerializer.Deserialize<RunPlace>(file.Metadata.GetValueOrDefault(Place) ?? throw Damaged(path))
            ?? throw Damaged(path);
        var model = learner.Model;
        foreach (var parameter in model.Trained.Saved)
        {
            var length = parameter.First.Length;
            parameter.Write(Read(file, Weight + parameter.Name, length));
            model.Device.Write<float>(Read(file, First + parameter.Name, length), parameter.First);
            model.Device.Write<float>(Read(file, Second + parameter.Name, length), parameter.Second);
        }
        model.Trained.GoOn(place.Updates);
        learner.Scale.State = JsonSerializer.Deserialize<LossScaleState>(file.Metadata.GetValueOrDefault(Scale) ?? throw Damaged(path));
        if (learner.Momentum is { } momentum)
            Restore(file, path, model, momentum);
        return place;
    }

    private static void Restore(SafetensorsFile file, string path, TrainedModel model, MomentumCopy momentum)
    {
        foreach (var tensor in momentum.Tensors)
            model.Device.Write<float>(Read(file, Slow + tensor.Name, tensor.Values.Length), tensor.Values);
        if (momentum.QueueSize == 0)
            return;
        var bytes = Convert.FromBase64String(file.Metadata.GetValueOrDefault(Keys) ?? throw Damaged(path));
        var keys = MemoryMarshal.Cast<byte, int>(bytes);
        if (keys.Length != momentum.QueueSize)
            throw Damaged(path);
        momentum.Fill(
            Read(file, ImageQueue, file.Get(ImageQueue).ElementCount), Read(file, TextQueue, file.Get(TextQueue).ElementCount), keys,
            JsonSerializer.Deserialize<int>(file.Metadata.GetValueOrDefault(Pointer) ?? throw Damaged(path)));
    }

    private static IEnumerable<(string Name, long Length, Func<float[]> Read)> Tensors(TaskLearner learner)
    {
        var model = learner.Model;
        foreach (var parameter in model.Trained.Saved)
        {
            var length = parameter.First.Length;
            yield return (Weight + parameter.Name, length, parameter.Read);
            yield return (First + parameter.Name, length, () => model.Device.Read(parameter.First));
            yield return (Second + parameter.Name, length, () => model.Device.Read(parameter.Second));
        }
        if (learner.Momentum is not { } momentum)
            yield break;
        foreach (var tensor in momentum.Tensors)
            yield return (Slow + tensor.Name, tensor.Values.Length, () => model.Device.Read(tensor.Values));
        if (momentum.QueueSize == 0)
            yield break;
        var (images, texts) = momentum.ReadQueues();
        yield return (ImageQueue, images.Length, () => images);
        yield return (TextQueue, texts.Length, () => texts);
    }

    private static float[] Read(SafetensorsFile file, string name, long length) =>
        file.TryGet(name, out var info) && info.ElementCount == length
        ? file.ReadAll(name)
        : throw new CheckpointException(
            $"{file.Description}: it holds no '{name}' of {length} numbers: the run was made with another model or other options.");

    private static CheckpointException Damaged(string path) =>
        new($"{path}: the state of the run is damaged. Begin anew with another --output.");
}
