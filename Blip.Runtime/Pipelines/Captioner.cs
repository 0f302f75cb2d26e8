using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Generation;
using Blip.Runtime.Imaging;
using Blip.Runtime.Models;
using Blip.Runtime.Tokenization;

namespace Blip.Runtime.Pipelines;

/// <summary>
/// Says in words what is in a picture. Any number of threads may call it: pictures are decoded in parallel, the device works on one batch
/// at a time. A batch's captions are those that each picture has alone.
/// </summary>
/// <example>
/// <code>
/// using var captioner = Captioner.Load("models/blip-image-captioning-base");
/// Console.WriteLine(captioner.Caption("photo.jpg").Text);
/// </code>
/// </example>
public sealed partial class Captioner : IDisposable
{
    // What saturates a processor's cores, or keeps a GPU busy, without holding many pictures in memory.
    private const int ProcessorBatch = 4, GpuBatch = 16;

    private readonly Device device;
    private readonly CaptioningModel model;
    private readonly ImagePreprocessor preprocessor;
    private readonly Generator generator;
    private readonly WordPieceTokenizer? tokenizer;
    private readonly SemaphoreSlim turn = new(1, 1);
    private readonly int batchSize;
    private bool disposed;

    private Captioner(ModelSource source, CaptionerOptions options)
    {
        options.Validate();
        Defaults = GenerationOptions.From(source.GenerationDefaults);
        tokenizer = LoadVocabulary(source, options);
        device = Device.Open(options.Device, new DeviceOptions { Threads = options.Threads });
        try
        {
            model = CaptioningModel.Load(source, device, new ModelOptions
            {
                Precision = options.Precision,
                EncoderPrecision = options.EncoderPrecision,
                Cache = options.Cache,
                CacheFolder = options.CacheFolder,
            });
            preprocessor = new ImagePreprocessor(device, source.Preprocessor.ToProcessing());
            generator = new Generator(device);
        }
        catch
        {
            preprocessor?.Dispose();
            model?.Dispose();
            device.Dispose();
            throw;
        }
        batchSize = options.BatchSize > 0 ? options.BatchSize : device.Description.IsProcessor ? ProcessorBatch : GpuBatch;
    }

    /// <summary>The model's sizes.</summary>
    public BlipConfig Config => model.Config;

    /// <summary>Where it runs.</summary>
    public DeviceDescription DeviceDescription => device.Description;

    /// <summary>How the model's own files want words to be chosen; a call changes it <c>with { … }</c>.</summary>
    public GenerationOptions Defaults { get; }

    /// <summary>False for a model without a vocabulary: captions are token ids alone, and prompts cannot be given.</summary>
    public bool HasVocabulary => tokenizer is not null;

    /// <summary>What loading has to tell and is no error: why a cache was not used, or could not be written.</summary>
    public IReadOnlyList<string> Notices => model.Notices;

    /// <summary>Times every step on the device while it is set.</summary>
    public Profiler? Profiler
    {
        get => device.Profiler;
        set => device.Profiler = value;
    }

    /// <summary>Loads a model and puts it on a device.</summary>
    /// <param name="model">
    /// A folder with a config.json, a weight file beside one, a name on the Hugging Face hub that is in the local cache, or
    /// <c>synthetic:NAME</c>.
    /// </param>
    /// <param name="options">Device, precision and batches; null for the defaults.</param>
    /// <exception cref="CheckpointException">There is no such model, or it is damaged, unsafe or no captioner.</exception>
    /// <exception cref="TokenizerException">Its vocabulary cannot be read.</exception>
    /// <exception cref="DeviceException">There is no such device.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static Captioner Load(string model, CaptionerOptions? options = null) => Load(ModelSource.Resolve(model), options);

    /// <summary>Puts a model that was found on a device.</summary>
    /// <param name="source">The model.</param>
    /// <param name="options">Device, precision and batches; null for the defaults.</param>
    /// <exception cref="CheckpointException">The model is damaged, unsafe or no captioner.</exception>
    /// <exception cref="TokenizerException">Its vocabulary cannot be read.</exception>
    /// <exception cref="DeviceException">There is no such device.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static Captioner Load(ModelSource source, CaptionerOptions? options = null) => new(source, options ?? new CaptionerOptions());

    /// <inheritdoc/>
    public void Dispose()
    {
        turn.Wait();
        try
        {
            if (disposed)
                return;
            disposed = true;
            generator.Dispose();
            preprocessor.Dispose();
            model.Dispose();
            device.Dispose();
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Bytes of device memory, and buffers, held at the moment: they do not grow once the shapes of the work were seen.</summary>
    internal (long Bytes, int Buffers) DeviceMemory => (device.AllocatedBytes, device.LiveBuffers);

    private static WordPieceTokenizer? LoadVocabulary(ModelSource source, CaptionerOptions options)
    {
        var file = options.VocabularyFile ?? source.VocabularyFile;
        if (file is null)
            return null;
        var text = source.Config.Text;
        var tokenizer = WordPieceTokenizer.Load(file, new SpecialTokenIds(Separator: text.SepTokenId, Padding: text.PadTokenId, Start: text.BosTokenId));
        if (tokenizer.VocabularySize > text.VocabularySize)
        {
            throw new TokenizerException(
                $"{file}: its {tokenizer.VocabularySize} words are more than the {text.VocabularySize} that {source.Name} knows; "
                + "give the vocabulary that the model was trained with.");
        }
        return tokenizer;
    }
}
