using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Generation;
using Blip.Runtime.Models;
using Blip.Runtime.Tokenization;

namespace Blip.Runtime.Pipelines;

/// <summary>
/// Says in words what is in an image. Any number of threads may call it: images are decoded in parallel, the device works on one batch
/// at a time. A batch's captions are those that each image has alone.
/// </summary>
/// <example>
/// <code>
/// using var captioner = Captioner.Load("models/blip-image-captioning-base");
/// Console.WriteLine(captioner.Caption("photo.jpg").Text);
/// </code>
/// </example>
public sealed partial class Captioner : Pipeline
{
    private readonly CaptioningModel model;
    private readonly Generator generator;
    private readonly CompatRules rules;
    private readonly List<string> failures = [];
    private Captioner[] team;
    private int turns;
    private bool failed;

    internal Captioner(PipelineHost host, PipelineOptions options)
        : base(host)
    {
        rules = CompatRules.Of(options.Compat);
        Defaults = DefaultsOf(host.Source, options.Compat, sampling: false);
        model = host.Own(CaptioningModel.Load(host.Source, host.Device, options.ForModel()));
        generator = host.Own(new Generator(host.Device));
        team = [this];
    }

    /// <summary>Where it runs: several devices where several were asked for (<see cref="PipelineOptions.Device"/>).</summary>
    public override IReadOnlyList<DeviceDescription> Devices => [.. team.Select(member => member.DeviceDescription)];

    /// <summary>
    /// How words are chosen where a call does not say, as the model's own files want it, or as the authors' code does; a call changes it
    /// <c>with { … }</c>.
    /// </summary>
    public GenerationOptions Defaults { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Notices
    {
        get
        {
            lock (failures)
                return [.. team.SelectMany(member => member.model.Notices).Distinct(), .. failures];
        }
    }

    /// <summary>The model on its device: for traces.</summary>
    internal CaptioningModel Model => model;

    /// <summary>A captioner for each device, this one first.</summary>
    internal IReadOnlyList<Captioner> DevicePool => team;

    /// <summary>How a model's words are chosen where a call does not say.</summary>
    /// <param name="source">The model.</param>
    /// <param name="compat">Whose way is wanted.</param>
    /// <param name="sampling">True for draws at random, for which the authors' code has settings of their own.</param>
    /// <exception cref="ArgumentException">The model's files ask for something that cannot be done; the message names it.</exception>
    internal static GenerationOptions DefaultsOf(ModelSource source, Compat compat, bool sampling)
    {
        ArgumentNullException.ThrowIfNull(source);
        var rules = CompatRules.Of(compat);
        var plain = rules.Captioning ?? GenerationOptions.From(source.GenerationDefaults);
        return sampling ? rules.CaptionSampling ?? plain with { DoSample = true } : plain;
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
    internal static Captioner Load(ModelSource source, CaptionerOptions? options = null)
    {
        options ??= new CaptionerOptions();
        var devices = Device.Expand(options.Device);
        var first = Open(devices[0]);
        if (devices.Count == 1)
            return first;
        try
        {
            // The first has written the cache, if there is one: the others read it, all at once.
            var others = new Captioner[devices.Count - 1];
            Parallel.For(0, others.Length, i => others[i] = first.Host.OwnTogether(Open(devices[i + 1])));
            first.team = [first, .. others];
            return first;
        }
        catch (AggregateException e)
        {
            first.Dispose();
            throw e.Flatten().InnerExceptions[0];
        }

        Captioner Open(string device) => PipelineHost.Open(source, options with { Device = device }, host => new Captioner(host, options));
    }
}
