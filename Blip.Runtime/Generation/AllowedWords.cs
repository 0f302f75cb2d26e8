namespace Blip.Runtime.Generation;

/// <summary>
/// The allowed token sequences as the arrays of <see cref="Blip.Kernels.ContinuationTable"/>. A state is a set of places in the sequences'
/// trie, as one may begin while another ends, and whether a sequence is complete there. Only state 0 lists the root's continuations, so
/// memory grows with the sequences' tokens.
/// </summary>
internal sealed class AllowedWords
{
    /// <summary>Most continuations: overlapping sequences could exceed the memory.</summary>
    public const int MostContinuations = 1 << 22;

    private readonly Node root = new();
    private readonly Dictionary<string, int> known = [];
    private readonly List<(Node[] Places, bool Complete)> states = [];

    /// <summary>Finds all states.</summary>
    /// <exception cref="ArgumentException">The sequences overlap in too many ways.</exception>
    public AllowedWords(IReadOnlyList<IReadOnlyList<int>> words, int most = MostContinuations)
    {
        var nodes = 1;
        foreach (var word in words)
        {
            var place = root;
            foreach (var token in word)
            {
                if (!place.Children.TryGetValue(token, out var child))
                    place.Children[token] = child = new Node { Number = nodes++ };
                place = child;
            }
            place.IsEnd = true;
        }
        StateOf([root]);
        var (first, tokens, next) = (new List<int> { 0 }, new List<int>(), new List<int>());
        for (var state = 0; state < states.Count; state++)
        {
            foreach (var token in states[state].Places.SelectMany(place => place.Children.Keys).Distinct().Order())
            {
                tokens.Add(token);
                next.Add(Follow(state, token));
            }
            first.Add(tokens.Count);
            if (tokens.Count > most)
                throw new ArgumentException(
                    $"ForceWordsIds holds {words.Count} sequences that begin as others end in too many ways: leave some out.",
                    nameof(words));
        }
        (First, Tokens, Next, Complete) = ([.. first], [.. tokens], [.. next], [.. states.Select(state => state.Complete ? 1 : 0)]);
    }

    /// <inheritdoc cref="Blip.Kernels.ContinuationTable.First"/>
    public int[] First { get; }

    /// <inheritdoc cref="Blip.Kernels.ContinuationTable.Tokens"/>
    public int[] Tokens { get; }

    /// <inheritdoc cref="Blip.Kernels.ContinuationTable.Next"/>
    public int[] Next { get; }

    /// <inheritdoc cref="Blip.Kernels.ContinuationTable.Complete"/>
    public int[] Complete { get; }

    // A token continues every open sequence, and begins one where another is complete.
    private int Follow(int state, int token)
    {
        var (places, complete) = states[state];
        List<Node> reached = [];
        foreach (var place in complete ? places.Append(root) : places)
        {
            if (place.Children.TryGetValue(token, out var child))
                reached.Add(child);
        }
        return StateOf(reached);
    }

    private int StateOf(List<Node> reached)
    {
        var complete = reached.Exists(place => place.IsEnd);
        Node[] places = [.. reached.Where(place => place.Children.Count > 0).OrderBy(place => place.Number)];
        var key = $"{complete} {string.Join(' ', places.Select(place => place.Number))}";
        if (!known.TryGetValue(key, out var state))
        {
            known[key] = state = states.Count;
            states.Add((places, complete));
        }
        return state;
    }

    private sealed class Node
    {
        public int Number { get; init; }

        public bool IsEnd { get; set; }

        public Dictionary<int, Node> Children { get; } = [];
    }
}
