using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Imaging;
using Blip.Runtime.Tokenization;
using ILGPU;

namespace Blip.Runtime.Pipelines;

/// <summary>
/// The host of every pipeline: a device, the upload of images, a vocabulary, and the turns of callers. It owns the objects on the device
/// for it, the model first of all, and frees it in the end.
/// </summary>
internal sealed class PipelineHost
{
    // A number that saturates a processor's cores, or keeps a GPU busy, without holding many images in memory.
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
        ModelLabel = Path.Exists(source.Name) ? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(source.Name))) : source.Name;
        BatchSize = options.BatchSize > 0 ? options.BatchSize : device.Description.IsProcessor ? ProcessorBatch : GpuBatch;
    }

    /// <summary>The model's files.</summary>
    public ModelSource Source { get; }

    /// <summary>The model's name without its folders, for listeners.</summary>
    public string ModelLabel { get; }

    /// <summary>How it was set up.</summary>
    public PipelineOptions Options { get; }

    /// <summary>Where the model runs.</summary>
    public Device Device { get; }

    /// <summary>Words to tokens and back; null for a model without a vocabulary.</summary>
    public WordPieceTokenizer? Tokenizer { get; private init; }

    /// <summary>Images to the device.</summary>
    public ImagePreprocessor Preprocessor { get; private set; } = null!;

    /// <summary>Images that go through the model together.</summary>
    public int BatchSize { get; }

    /// <summary>Opens the device and lets a pipeline put itself on it; where that fails, nothing stays behind.</summary>
    /// <param name="source">The model.</param>
    /// <param name="options">Device, vocabulary and batches.</param>
    /// <param name="build">Makes the pipeline; it gives its objects on the device to <see cref="Own"/>.</param>
    /// <param name="imageSize">Height and width of images instead of the sizes in the model's files; null for those.</param>
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
    /// Puts a second model on the device of a first. Both take turns, so that one runs at a time. The second host is disposed before the first,
    /// which owns the device.
    /// </summary>
    /// <param name="source">The second model.</param>
    /// <param name="options">Vocabulary and batches; the device is the first model's.</param>
    /// <param name="build">Makes the pipeline, as in <see cref="Open"/>.</param>
    public T OpenBeside<T>(ModelSource source, PipelineOptions options, Func<PipelineHost, T> build)
    {
        options.Validate();
        return new PipelineHost(source, options, Device, turn) { Tokenizer = LoadVocabulary(source, options) }.Build(build, imageSize: null);
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

    /// <summary>Takes over an object that lives as long as the pipeline; the last one is freed first.</summary>
    public T Own<T>(T part)
        where T : IDisposable
    {
        owned.Push(part);
        return part;
    }

    /// <summary>The same for parts that several threads make.</summary>
    public T OwnTogether<T>(T part)
        where T : IDisposable
    {
        lock (owned)
            return Own(part);
    }

    /// <summary>Whether somebody waits for the device.</summary>
    public bool IsWanted => turn.IsWanted;

    /// <summary>Does work on the device while no other thread does, and blocks the caller's thread until it is done.</summary>
    /// <exception cref="ObjectDisposedException">The pipeline is disposed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled before the turn came.</exception>
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
    /// <inheritdoc cref="InTurn{T}(object, Func{T}, CancellationToken)"/>
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

    /// <summary>Decodes an image and does work with it. Calls that come together wait where their pixels would hold too much.</summary>
    /// <exception cref="ImageException">It cannot be read.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled before there was room.</exception>
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

    /// <summary>The same; images are read and decoded on the thread pool, and no thread waits.</summary>
    /// <param name="image">The image.</param>
    /// <param name="work">Given the decoded image, and the action to call when the pixels are no longer needed.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <inheritdoc cref="WithImage" path="/*[not(self::param)]"/>
    public async Task<T> WithImageAsync<T>(ImageSource image, Func<DecodedImage, Action, Task<T>> work, CancellationToken cancellationToken)
    {
        var file = await Task.Run(() => ImageFile.Read(image, Options.Images), cancellationToken).ConfigureAwait(false);
        await single.EnterAsync(file.WorkingBytes, cancellationToken).ConfigureAwait(false);
        var held = file.WorkingBytes;
        try
        {
            // No variable holds the pixels while the work waits: it may let them go before its end.
            return await work(await Task.Run(() => Decode(file, ref held), CancellationToken.None).ConfigureAwait(false), Release).ConfigureAwait(false);
        }
        finally
        {
            Release();
        }

        void Release() => single.Leave(Interlocked.Exchange(ref held, 0));
    }

    // A single image has no others to spare: its error is an exception.
    private DecodedImage Decode(ImageFile file, ref long held)
    {
        var decoded = file.Decode().WithoutFeatures();
        single.Leave(held - file.PixelBytes);
        held = file.PixelBytes;
        return decoded.Error is { } error ? throw new ImageException(error) : decoded;
    }

    /// <summary>Whether <see cref="Stage"/> does anything here.</summary>
    public bool Stages => stage is not null;

    /// <summary>Sends an image's pixels ahead where the device can take them beside its work. On any thread.</summary>
    public DecodedImage Stage(DecodedImage image) =>
        image is { HasPixels: true, Frames: null } ? image with { Staged = stage?.TryAdd(image.Image.Pixels) } : image;

    /// <summary>Takes back images that were sent ahead and are not read there. On any thread.</summary>
    public static void Unstage(IReadOnlyList<DecodedImage> batch)
    {
        foreach (var image in batch)
            image.Staged?.Abandon();
    }

    /// <summary>
    /// Writes a batch's images to the device, without gaps: the decoded ones that the model takes.
    /// </summary>
    /// <param name="batch">The images.</param>
    /// <param name="pixelBuffer">The model's memory for so many images of a height and a width.</param>
    /// <param name="refuse">Told the place in the batch of an image that is not written, and why.</param>
    /// <returns>The places in the batch of the images that are written, in order.</returns>
    public List<int> Upload(IReadOnlyList<DecodedImage> batch, Func<int, int, int, ArrayView<float>> pixelBuffer, Action<int, string> refuse)
    {
        var places = new List<int>(batch.Count);
        var pixels = pixelBuffer(batch.Count, Preprocessor.Processing.Height, Preprocessor.Processing.Width);
        for (var i = 0; i < batch.Count; i++)
        {
            using var staged = batch[i].Staged;
            if (!batch[i].HasPixels || batch[i].Frames is not null)
            {
                refuse(i, batch[i].Error ?? $"{batch[i].Source.Name}: it is a clip of {batch[i].Frames!.Count} frames, and this is about one image: give a frame.");
                continue;
            }
            try
            {
                Preprocessor.Write(batch[i].Image!, pixels.SubView((long)places.Count * Preprocessor.OutputLength, Preprocessor.OutputLength), batch[i].Source.Name, staged);
                places.Add(i);
            }
            catch (ImageException e)
            {
                refuse(i, e.Message);
            }
        }
        return places;
    }

    /// <summary>Takes note of a handle: if its owner forgets it, the pipeline frees it. In turn.</summary>
    public void Track(ImageFeatures handle) => handles.Add(handle);

    /// <summary>Frees a handle, in turn.</summary>
    public void FreeInTurn(ImageFeatures handle)
    {
        handles.Remove(handle);
        handle.Free();
    }

    /// <summary>Waits for the work in hand and frees a handle; the second time it does nothing.</summary>
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

    /// <summary>Waits for the work in hand and frees everything; the second time it does nothing.</summary>
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
