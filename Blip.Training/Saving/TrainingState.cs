using System.Runtime.InteropServices;
using System.Text.Json;
using Blip.Kernels;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Files;
using Blip.Training.Engine;

namespace Blip.Training.Saving;

/// <summary>Where a run stood when its state was saved.</summary>
/// <param name="Step">Steps that were made.</param>
/// <param name="Epoch">The epoch of the next step.</param>
/// <param name="StepOfEpoch">The next step within it.</param>
/// <param name="Pairs">Pairs of the data set, which an epoch's order follows from.</param>
/// <param name="Updates">Steps that changed the weights: those whose gradient was a number.</param>
/// <param name="Best">The best checkpoint's score on validation data; null before the first.</param>
/// <param name="Worse">Checkpoints since then that were no better.</param>
/// <param name="Data">The data's hash; null in states without it.</param>
internal sealed record RunPlace(
    long Step, int Epoch, int StepOfEpoch, long Pairs, long Updates = 0, double? Best = null, int Worse = 0, string? Data = null)
{
    /// <summary>The hash of the model that the run began with; null in states without it.</summary>
    public string? Model { get; init; }

    /// <summary>The validation data's hash; null where there are none.</summary>
    public string? Validation { get; init; }
}

/// <summary>
/// The file that a run goes on from: weights, AdamW's moments, momentum copies, queues, loss scale and place, exactly. It holds the weights
/// itself, so that it fits itself after any change of the model beside it. Random numbers follow from seed and step and need no state.
/// </summary>
internal static class TrainingState
{
    /// <summary>The file's name in a run's folder.</summary>
    public const string FileName = "training-state.safetensors";

    private const string Weight = "weight/", First = "first/", Second = "second/", Slow = "momentum/", ImageQueue = "queue/images",
        TextQueue = "queue/texts", Place = "place", Keys = "queue_keys", Pointer = "queue_pointer",
        Scale = "loss_scale", Settings = "settings";

    /// <summary>Writes the state; an older one is replaced when this one is whole.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="learner">The learner.</param>
    /// <param name="place">Where it is.</param>
    /// <param name="settings">The run's settings, to be compared when it is resumed.</param>
    /// <exception cref="IOException">It cannot be written; the older one is as it was.</exception>
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

    /// <summary>Marks a folder of a run without a checkpoint yet, so that the run can begin anew with any remains.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="settings">The run's settings.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Begin(string folder, string settings) => ReplacedFile.Write(
        Path.Combine(folder, FileName),
        file => SafetensorsWriter.WriteHeader(file, [], new Dictionary<string, string> { [Settings] = settings }));

    /// <summary>Whether a folder's run ended before its first checkpoint.</summary>
    /// <param name="folder">The run's folder, which holds a state.</param>
    /// <exception cref="CheckpointException">The file is damaged.</exception>
    public static bool IsBegun(string folder)
    {
        using var file = new SafetensorsFile(Path.Combine(folder, FileName));
        return !file.Metadata.ContainsKey(Place);
    }

    /// <summary>Reads the settings of a run that can go on; null where there is none.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <exception cref="CheckpointException">The file is damaged.</exception>
    public static string? ReadSettings(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            return null;
        using var file = new SafetensorsFile(path);
        return file.Metadata.GetValueOrDefault(Settings) ?? throw Damaged(path);
    }

    /// <summary>Puts a run back to where it stood.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="learner">The learner; it has just been made from the same model.</param>
    /// <returns>Where it stood.</returns>
    /// <exception cref="CheckpointException">The file is damaged, or another model's.</exception>
    public static RunPlace Restore(string folder, TaskLearner learner)
    {
        var path = Path.Combine(folder, FileName);
        using var file = new SafetensorsFile(path);
        var place = JsonSerializer.Deserialize<RunPlace>(file.Metadata.GetValueOrDefault(Place) ?? throw Damaged(path)) ?? throw Damaged(path);
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

    private static float[] Read(SafetensorsFile file, string name, long length) => file.TryGet(name, out var info) && info.ElementCount == length
        ? file.ReadAll(name)
        : throw new CheckpointException(
            $"{file.Description}: it holds no '{name}' of {length} numbers: the run was made with another model or other options.");

    private static CheckpointException Damaged(string path) =>
        new($"{path}: the state of the run is damaged. Begin anew with another --output.");
}
