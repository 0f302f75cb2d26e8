using System.Collections.Frozen;
using System.CommandLine;

namespace Blip.Cli.Help;

/// <summary>Groups options by name; a name means the same in every command.</summary>
internal static class OptionGroups
{
    private static readonly FrozenDictionary<string, OptionGroup> Groups = new (OptionGroup Group, string Names)[]
    {
        (OptionGroup.Input,
            "--image --text --texts --raw-texts --question --questions --answer --answers --images --annotations --results --human "
            + "--source-format --image-column --text-column --key-column --image-root --shard-size --split --scratch --validation --index "
            + "--max-pixels --background --image-memory --decode-memory --from --shards "
            + "--sentence --sentences --pairs --labels --template --frames"),
        (OptionGroup.Output,
            "--format --output --overwrite --resume --retry-failed --sidecar --suffix --save-results --profile --histogram --write "
            + "--null --guard-formulas"),
        (OptionGroup.Model,
            "--model --adapter --vocab --revision --compat --precision --encoder-precision --cache --captioner --captioner-adapter "
            + "--filter --filter-adapter --head --init --large --download --all --yes"),
        (OptionGroup.Device, "--device --draft --threads --batch-size --loader-threads"),
        (OptionGroup.Task,
            "--seed --prompt --strip-prompt --captions --top --rerank --open --prune --prune-all --best --candidate-count --attend-padding "
                + "--score --match-token "
            + "--max-text-tokens --tolerance --compare --tokens --failed --kept --shapes --colors --right-share --detail-share --details "
            + "--max-failures"),
        (OptionGroup.Search,
            "--num-beams --max-length --max-new-tokens --min-length --min-new-tokens --num-return-sequences --length-penalty "
                + "--early-stopping "
            + "--max-time --stop-strings"),
        (OptionGroup.Sampling,
            "--do-sample --temperature --top-k --top-p --typical-p --min-p --epsilon-cutoff --eta-cutoff --top-h"),
        (OptionGroup.Rules,
            "--repetition-penalty --no-repeat-ngram-size --bad-words --bad-words-ids --force-words --force-words-ids --suppress-tokens "
                + "--begin-suppress-tokens --sequence-bias "
            + "--forced-bos-token-id --forced-eos-token-id --exponential-decay-length-penalty --renormalize-logits"),
        (OptionGroup.Attention,
            "--attention-map --attention-html --attention-method --attention-layer --attention-common-scale"),
        (OptionGroup.Selection,
            "--itm-threshold --itc-threshold --keep-top --rank-by --min-side --max-aspect-ratio --drop-pattern --keep-pattern "
            + "--drop-duplicate-texts --drop-duplicate-images"),
        (OptionGroup.Cluster,
            "--shards-per-task --tasks-at-once --sbatch --partition --prefix --minutes --now --ack-wait --name --namespace "
            + "--shard-count --volume --cpu --memory --gpus --file"),
        (OptionGroup.Training,
            "--recipe --epochs --steps --accumulate --image-size --augment --no-flip --no-shuffle --freeze --lora --lora-alpha --max-words "
            + "--max-tokens --label-smoothing --dropout --attention-dropout --drop-path --queue-size --momentum --alpha --save-steps "
            + "--patience --checkpoint-layers"),
        (OptionGroup.Optimizer,
            "--learning-rate --min-learning-rate --schedule --warmup-steps --weight-decay --weight-decay-on --clip-norm"),
        (OptionGroup.Measuring, "--cost --graph --peak --bandwidth"),
        (OptionGroup.Server,
            "--host --port --api-key --api-key-file --max-body --max-images --max-requests --rate-limit --cors --allow-host --allow-urls "
                + "--timeout "
            + "--shutdown-timeout --log"),
        (OptionGroup.General, "--help --version --quiet --verbose"),
    }.SelectMany(entry => entry.Names.Split(' ').Select(name => (name, entry.Group)))
        .ToFrozenDictionary(entry => entry.name, entry => entry.Group);

    /// <summary>An option's group. A test checks that the table names exactly the existing options.</summary>
    public static OptionGroup Of(Option option) => Groups.GetValueOrDefault(option.Name, OptionGroup.Task);

    public static IReadOnlyCollection<string> Names => Groups.Keys;

    public static string Heading(OptionGroup group) => group == OptionGroup.Task ? "Options" : $"{group} options";
}
