using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Imaging;
using Blip.Runtime.Tokenization;
using ILGPU;

namespace Blip.Runtime.Pipelines;

/// <summary>The host of a pipeline: a device with its objects and turns, the upload of images, and a vocabulary.</summary>
internal sealed class PipelineHost
{
    // Saturates a CPU's cores, or keeps a GPU busy, without many images in memory.
    private const int ProcessorBatch = 4, GpuBatch = 16;

    private readonly DeviceTurn turn;
    private readonly ByteGate single;
    private readonly Stack<IDisposable> owned = [];
    private readonly HashSet<ImageFeatures> handles = [];
    private UploadStage? stage;
    private bool disposed;

    private PipelineHost(ModelSource source, PipelineOptions options, Device device, DeviceTurn turn)
    {
        (Source, Options, Device, this.turn) = (source, options, device, turn);
        single = new ByteGate(options.MaxWaitingBytes);
        ModelLabel = Path.Exists(source.Name)
            ? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(source.Name)))
            : source.Name;
        BatchSize = options.BatchSize > 0 ? options.BatchSize : device.Description.IsProcessor ? ProcessorBatch : GpuBatch;
    }

    public ModelSource Source { get; }

    /// <summary>The model's name without its folders.</summary>
    public string ModelLabel { get; }

    public PipelineOptions Options { get; }

    public Device Device { get; }

    /// <summary>Null for a model without a vocabulary.</summary>
    public WordPieceTokenizer? Tokenizer { get; private init; }

    public ImagePreprocessor Preprocessor { get; private set; } = null!;

    public int BatchSize { get; }

    /// <summary>
    /// Opens the device and builds a pipeline on it; a failure frees everything. <paramref name="build"/> gives its device objects to
    /// <see cref="Own"/>. <paramref name="imageSize"/> overrides the model's files.
    /// </summary>
    public static T Open<T>(ModelSource source, PipelineOptions options, Func<PipelineHost, T> build, int? imageSize = null)
        where T : Pipeline
    {
        options.Validate();
        source = source.WithAdapter(options.Adapter);
        var tokenizer = LoadVocabulary(source, options);
        var device = Device.Open(options.Device, new DeviceOptions { Threads = options.Threads });
        var host = new PipelineHost(source, options, device, new DeviceTurn()) { Tokenizer = tokenizer };
        host.Own(device);
        var pipeline = host.Build(build, imageSize);
        try
        {
            if (options.WarmUp)
            {
                options.Watch?.Tell(LoadStage.WarmUp, 0);
                pipeline.WarmUp(options.Watch?.CancellationToken ?? CancellationToken.None);
            }
            options.Watch?.Tell(LoadStage.Ready, 1);
            return pipeline;
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Puts a second model on this device; the options' device is ignored. Both take turns. The second host is disposed first.
    /// </summary>
    public T OpenBeside<T>(ModelSource source, PipelineOptions options, Func<PipelineHost, T> build)
    {
        options.Validate();
        return new PipelineHost(source, options, Device, turn)
        {
            Tokenizer = LoadVocabulary(source, options),
        }.Build(build, imageSize: null);
    }

    private T Build<T>(Func<PipelineHost, T> build, int? imageSize)
    {
        try
        {
            // Where copies can run beside the work.
            stage = Device.Kind == DeviceKind.Cuda ? Own(new UploadStage(Device, BatchSize)) : null;
            Preprocessor = Own(new ImagePreprocessor(Device, Processing(Source, imageSize)));
            return build(this);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Takes over an object for the pipeline's life. The last one is freed first.</summary>
    public T Own<T>(T part)
        where T : IDisposable
    {
        owned.Push(part);
        return part;
    }

    /// <summary>The same for parts from several threads.</summary>
    public T OwnTogether<T>(T part)
        where T : IDisposable
    {
        lock (owned)
            return Own(part);
    }

    public bool IsWanted => turn.IsWanted;

    /// <summary>Does work on the device while no other thread does, and blocks the caller until it is done.</summary>
    public T InTurn<T>(object pipeline, Func<T> work, CancellationToken cancellationToken)
    {
        turn.Enter(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(disposed, pipeline);
            return work();
        }
        finally
        {
            turn.Leave();
        }
    }

    /// <inheritdoc cref="InTurn{T}(object, Func{T}, CancellationToken)"/>
    public void InTurn(object pipeline, Action work, CancellationToken cancellationToken) => InTurn(
        pipeline,
        () =>
        {
            work();
            return true;
        },
        cancellationToken);

    /// <summary>The same on the thread pool; no thread waits for the turn.</summary>
    public async Task<T> InTurnAsync<T>(object pipeline, Func<T> work, CancellationToken cancellationToken)
    {
        await turn.EnterAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(disposed, pipeline);
            // The turn may have come on the caller's own thread.
            return await Task.Run(work, CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            turn.Leave();
        }
    }

    /// <summary>Decodes an image and works with it. Concurrent calls wait where their pixels would hold too much memory.</summary>
    /// <exception cref="ImageException">It cannot be read.</exception>
    public T WithImage<T>(ImageSource image, Func<DecodedImage, T> work, CancellationToken cancellationToken)
    {
        var file = ImageFile.Read(image, Options.Images);
        single.EnterAsync(file.WorkingBytes, cancellationToken).GetAwaiter().GetResult();
        var held = file.WorkingBytes;
        try
        {
            return work(Decode(file, ref held));
        }
        finally
        {
            single.Leave(held);
        }
    }

    /// <summary>
    /// The same without blocking: images are read on the thread pool and decoded on <see cref="DecodingThreads"/>.
    /// <paramref name="work"/> also gets an action to call when the pixels are no longer needed.
    /// </summary>
    /// <inheritdoc cref="WithImage" path="/*[not(self::param)]"/>
    public async Task<T> WithImageAsync<T>(ImageSource image, Func<DecodedImage, Action, Task<T>> work, CancellationToken cancellationToken)
    {
        var file = await Task.Run(() => ImageFile.Read(image, Options.Images), cancellationToken).ConfigureAwait(false);
        await single.EnterAsync(file.WorkingBytes, cancellationToken).ConfigureAwait(false);
        var held = file.WorkingBytes;
        try
        {
            // No variable holds the pixels, so that the waiting work can release them.
            return await work(await DecodeAsync().ConfigureAwait(false), Release).ConfigureAwait(false);
        }
        finally
        {
            Release();
        }

        Task<DecodedImage> DecodeAsync() => DecodingThreads.RunAsync(() => Decode(file, ref held), cancellationToken);

        void Release() => single.Leave(Interlocked.Exchange(ref held, 0));
    }

    // A single image's error is an exception.
    private DecodedImage Decode(ImageFile file, ref long held)
    {
        var decoded = file.Decode().WithoutFeatures();
        single.Leave(held - file.PixelBytes);
        held = file.PixelBytes;
        return decoded.Error is { } error ? throw new ImageException(error) : decoded;
    }

    /// <summary>Whether <see cref="Stage"/> does anything here.</summary>
    public bool Stages => stage is not null;

    /// <summary>Sends an image's pixels ahead where the device can copy them beside its work. On any thread.</summary>
    public DecodedImage Stage(DecodedImage image) =>
        image is { HasPixels: true, Frames: null } ? image with { Staged = stage?.TryAdd(image.Image.Pixels) } : image;

    /// <summary>Takes back images that were sent ahead but not read. On any thread.</summary>
    public static void Unstage(IReadOnlyList<DecodedImage> batch)
    {
        foreach (var image in batch)
            image.Staged?.Abandon();
    }

    /// <summary>
    /// Writes a batch's decoded images to the device, without gaps, and returns their places in it. <paramref name="pixelBuffer"/> takes a
    /// number, height and width; <paramref name="refuse"/> takes an image's place and the reason.
    /// </summary>
    public List<int> Upload(
        IReadOnlyList<DecodedImage> batch, Func<int, int, int, ArrayView<float>> pixelBuffer, Action<int, string> refuse)
    {
        var places = new List<int>(batch.Count);
        var pixels = pixelBuffer(batch.Count, Preprocessor.Processing.Height, Preprocessor.Processing.Width);
        for (var i = 0; i < batch.Count; i++)
        {
            using var staged = batch[i].Staged;
            if (!batch[i].HasPixels || batch[i].Frames is not null)
            {
                refuse(i, batch[i].Error
                    ?? $"{batch[i].Source.Name}: it is a clip of {batch[i].Frames!.Count} frames, and this is about one image: give a "
                        + $"frame.");
                continue;
            }
            try
            {
                Preprocessor.Write(batch[i].Image!,
                    pixels.SubView((long)places.Count * Preprocessor.OutputLength, Preprocessor.OutputLength), batch[i].Source.Name,
                    staged);
                places.Add(i);
            }
            catch (ImageException e)
            {
                refuse(i, e.Message);
            }
        }
        return places;
    }

    /// <summary>Frees the handle with the pipeline if its owner does not. In turn.</summary>
    public void Track(ImageFeatures handle) => handles.Add(handle);

    public void FreeInTurn(ImageFeatures handle)
    {
        handles.Remove(handle);
        handle.Free();
    }

    /// <summary>Waits for the work in hand and frees a handle; a second call does nothing.</summary>
    public void Free(ImageFeatures handle)
    {
        turn.Enter(CancellationToken.None);
        try
        {
            FreeInTurn(handle);
        }
        finally
        {
            turn.Leave();
        }
    }

    /// <summary>Waits for the work in hand and frees everything; a second call does nothing.</summary>
    public void Dispose()
    {
        turn.Enter(CancellationToken.None);
        try
        {
            disposed = true;
            foreach (var handle in handles)
                handle.Free();
            handles.Clear();
            while (owned.TryPop(out var part))
                part.Dispose();
        }
        finally
        {
            turn.Leave();
        }
    }

    private static ImageProcessing Processing(ModelSource source, int? imageSize)
    {
        var processing = source.Preprocessor.ToProcessing();
        return imageSize is { } side ? processing with { Width = side, Height = side } : processing;
    }

    private static WordPieceTokenizer? LoadVocabulary(ModelSource source, PipelineOptions options)
    {
        var file = options.VocabularyFile ?? source.VocabularyFile;
        return file is null ? null : ModelVocabulary.Load(file, source.Config.Text, source.Name, source.IsSynthetic);
    }
}
