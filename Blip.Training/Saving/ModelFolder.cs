using System.Text.Json;
using System.Text.Json.Nodes;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Files;

namespace Blip.Training.Saving;

/// <summary>Writes a trained model as a folder that every command and transformers load.</summary>
internal static class ModelFolder
{
    /// <summary>The model in the authors' format.</summary>
    public const string Original = "original.pth";

    private const string Weights = "model.safetensors", Config = "config.json", Preprocessor = "preprocessor_config.json";

    // A model's other files, which training leaves unchanged.
    private static readonly string[] Kept =
        ["vocab.txt", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "generation_config.json"];

    /// <summary>
    /// Writes the model; each file is replaced once it is complete. Other files are copied from the initial model. A null head is for a
    /// file that several heads load.
    /// </summary>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static void Write(
        string folder, ModelSource from, ITensorSource tensors, IEnumerable<string> keys, BlipConfig config, BlipHead? head)
    {
        Directory.CreateDirectory(folder);
        foreach (var name in Kept.Where(name => from.Folder is not null && File.Exists(Path.Combine(from.Folder, name))))
            ReplacedFile.Write(Path.Combine(folder, name), file => file.Write(File.ReadAllBytes(Path.Combine(from.Folder!, name))));
        if (from.Folder is not null)
        {
            Edit(from.Folder, folder, Config, json =>
            {
                if (json["vision_config"] is JsonObject vision)
                    vision["image_size"] = config.Vision.ImageSize;
                // Weights are saved in single precision.
                json.Remove("dtype");
                json["torch_dtype"] = "float32";
                if (head is { } one)
                    json["architectures"] = new JsonArray(one.Architecture());
                else
                    json.Remove("architectures");
            });
            Edit(from.Folder, folder, Preprocessor, json => SetSize(json, config.Vision.ImageSize));
        }
        var ordered = keys.Order(StringComparer.Ordinal).ToList();
        ReplacedFile.Write(
            Path.Combine(folder, Weights),
            file => SafetensorsWriter.Write(file, tensors, ordered, new Dictionary<string, string> { ["format"] = "pt" }));
    }

    /// <summary>Writes a model in the authors' format; the keys are under our names.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void WriteOriginal(string folder, ITensorSource tensors, IEnumerable<string> keys) => ReplacedFile.Write(
        Path.Combine(folder, Original),
        file => TorchWriter.Write(file, tensors, [.. keys.Select(key => (key, CheckpointKeys.Original(key)))]));

    private static void SetSize(JsonObject json, int side)
    {
        if (json["size"] is JsonObject size)
            (size["height"], size["width"]) = (side, side);
        else if (json.ContainsKey("size"))
            json["size"] = side;
    }

    private static void Edit(string from, string to, string name, Action<JsonObject> change)
    {
        var path = Path.Combine(from, name);
        if (!File.Exists(path) || JsonNode.Parse(File.ReadAllBytes(path)) is not JsonObject json)
            return;
        change(json);
        ReplacedFile.Write(Path.Combine(to, name), file =>
        {
            using var writer = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true });
            json.WriteTo(writer);
        });
    }
}
