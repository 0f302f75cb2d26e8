using System.Text.Json;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Imaging;
using Blip.Runtime.Models;
using Blip.Runtime.Pipelines;
using Blip.Runtime.Tokenization;
using Blip.Tests.Cli;

namespace Blip.Tests.Models;

/// <summary>A demo checkpoint, its sample images and the reference's results for them.</summary>
internal sealed class DemoImages(string head) : IDisposable
{
    private readonly JsonDocument golden = JsonDocument.Parse(File.ReadAllBytes(GoldenModel.Folder("demo", $"{head}.json")));

    public ModelSource Source { get; } = ModelSource.Resolve(Path.Combine(AppContext.BaseDirectory, "weights", head));

    public WordPieceTokenizer Tokenizer { get; } =
        WordPieceTokenizer.Load(Path.Combine(AppContext.BaseDirectory, "weights", head, "vocab.txt"));

    public JsonElement Root => golden.RootElement;

    public IEnumerable<JsonElement> Answers => Root.GetProperty("answers").EnumerateArray();

    /// <summary>Encodes images together; says the place of each.</summary>
    public ImageStates Encode(BlipModel model, IReadOnlyList<string> files, out Dictionary<string, int> places)
    {
        using var preprocessor = new ImagePreprocessor(model.Device, Source.Preprocessor.ToProcessing());
        var side = model.Config.Vision.ImageSize;
        var pixels = model.Vision.PixelBuffer(files.Count, side, side);
        for (var i = 0; i < files.Count; i++)
        {
            var path = Demo.Sample(files[i]);
            preprocessor.Write(ImageDecoder.Decode(path), pixels.SubView(i * preprocessor.OutputLength, preprocessor.OutputLength), path);
        }
        places = files.Select((file, place) => (file, place)).ToDictionary(entry => entry.file, entry => entry.place);
        return ModelGoldens.Encode(model, files.Count, side, side);
    }

    public void Dispose() => golden.Dispose();
}
