import type { Consent, Declassification, Offer } from '../model/model.ts';
import { type Noun, noun } from './noun.ts';

/** A party's word that a breaking change is wanted; `freehold approve` writes it. */
export function consent(name: string, body: Omit<Consent, 'name'>): Noun<'consent'> & { readonly name: string } {
  return noun('consent', body, { name });
}

/** A zone's word that what a transformer makes no longer falls under its policies. */
export function declassification(
  name: string,
  body: Omit<Declassification, 'name'>,
): Noun<'declassification'> & { readonly name: string } {
  return noun('declassification', body, { name });
}

/** An owner's word that what an address names may become another's. */
export function offer(name: string, body: Omit<Offer, 'name'>): Noun<'offer'> & { readonly name: string } {
  return noun('offer', body, { name });
}
