using System.Text.Json;

namespace Blip.Runtime.Checkpoints;

/// <summary>
/// A synthetic model in a folder like a downloaded one: config.json, model.safetensors with sorted tensors as in the reference, and a
/// vocab.txt of made-up words. Tests and benchmarks read it.
/// </summary>
internal static class SyntheticFolder
{
    /// <summary>Writes a captioner. Makes the folder; overwrites files of these names.</summary>
    /// <exception cref="CheckpointException">A size is invalid.</exception>
    public static void Write(BlipConfig config, string folder)
    {
        config.Validate(folder);
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(Path.Combine(folder, "config.json"), Config(config));
        File.WriteAllLines(Path.Combine(folder, "vocab.txt"), Words(config.Text));
        using var tensors = new SyntheticTensorSource(config, BlipHead.Captioning);
        using var file = File.Create(Path.Combine(folder, "model.safetensors"));
        SafetensorsWriter.Write(file, tensors, [.. tensors.Keys.Order(StringComparer.Ordinal)]);
    }

    private static byte[] Config(BlipConfig config) => Json(json =>
    {
        json.WriteStartArray("architectures");
        json.WriteStringValue(BlipHead.Captioning.Architecture());
        json.WriteEndArray();
        json.WriteString("model_type", "blip");
        json.WriteStartObject("vision_config");
        var vision = config.Vision;
        json.WriteNumber("hidden_size", vision.HiddenSize);
        json.WriteNumber("intermediate_size", vision.IntermediateSize);
        json.WriteNumber("num_hidden_layers", vision.Layers);
        json.WriteNumber("num_attention_heads", vision.Heads);
        json.WriteNumber("image_size", vision.ImageSize);
        json.WriteNumber("patch_size", vision.PatchSize);
        json.WriteString("hidden_act", vision.HiddenAct);
        json.WriteNumber("layer_norm_eps", vision.LayerNormEps);
        json.WriteEndObject();
        json.WriteStartObject("text_config");
        var text = config.Text;
        json.WriteNumber("vocab_size", text.VocabularySize);
        json.WriteNumber("hidden_size", text.HiddenSize);
        json.WriteNumber("intermediate_size", text.IntermediateSize);
        json.WriteNumber("num_hidden_layers", text.Layers);
        json.WriteNumber("num_attention_heads", text.Heads);
        json.WriteNumber("max_position_embeddings", text.MaxPositions);
        json.WriteString("hidden_act", text.HiddenAct);
        json.WriteNumber("layer_norm_eps", text.LayerNormEps);
        json.WriteNumber("bos_token_id", text.BosTokenId);
        json.WriteNumber("sep_token_id", text.SepTokenId);
        json.WriteNumber("pad_token_id", text.PadTokenId);
        json.WriteEndObject();
    });

    // Names that BERT's tokenizer needs: those with an id in the config, and two in the first free places.
    private static string[] Words(TextConfig text)
    {
        var words = Enumerable.Range(0, text.VocabularySize).Select(id => $"word{id}").ToArray();
        (words[text.PadTokenId], words[text.SepTokenId], words[text.BosTokenId]) = ("[PAD]", "[SEP]", "[DEC]");
        foreach (var name in (string[])["[UNK]", "[CLS]"])
            words[Array.FindIndex(words, word => word[0] != '[')] = name;
        return words;
    }

    private static byte[] Json(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }
        return stream.ToArray();
    }
}
